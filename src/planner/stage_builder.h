// Makes one plan of stages that were cut by hand: each stage's SQL is bound and optimized by DuckDB, and put under an
// exchange where another stage reads it. One use, one thread; throws DuckDB's exceptions, with the stage's number.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "duckdb.hpp"
#include "duckdb/planner/binder.hpp"
#include "duckdb/planner/operator/logical_get.hpp"
#include "engine/known_functions.h"
#include "planner/exchange_placer.h"
#include "planner/stage_spec.h"

namespace skein::core {

/// The function that stands for the rows of another stage while a stage's SQL is planned.
inline constexpr char kStageInputFunction[] = "skein_stage_input";

class StageBuilder {
 public:
  /// `binder` binds the statement around the stages: what they read counts as read by it, so that DuckDB binds it anew
  /// when that has changed. `worker_functions` as in Examine. REQUIRES: OrderStages has ordered the stages.
  StageBuilder(duckdb::ClientContext& context, duckdb::Binder& binder, const KnownFunctions& worker_functions)
      : context_(context), binder_(binder), worker_functions_(worker_functions) {}

  void Add(const StageSpec& stage);
  /// Returns the plan of the last stage that was added, the others below its exchanges; its columns are `names`.
  OperatorPtr Finish(duckdb::vector<duckdb::LogicalType>& types, duckdb::vector<std::string>& names);

 private:
  struct Built {
    StageSpec spec;
    OperatorPtr plan;
    duckdb::vector<duckdb::LogicalType> types;
    duckdb::vector<std::string> names;
  };
  /// Adds the number of a row's partition as the last column, where the output is by range.
  static std::string WithPartitionColumn(const StageSpec& stage);
  Built Plan(const StageSpec& stage);
  /// Checks that the stage reads each of its dependencies once, and that its tasks have rows of their own. `plan` is
  /// not optimized yet: what is checked does not depend on data.
  void CheckReads(duckdb::LogicalOperator& plan, const StageSpec& stage) const;
  /// Puts exchanges where `op` and what is below it read stages or the client's process.
  void Connect(OperatorPtr& op, const StageSpec& reader);
  OperatorPtr MakeExchange(Built producer, duckdb::LogicalGet& get, uint32_t reader);
  /// Equal keys of two inputs meet only if they are hashed as the same types.
  void CheckKeyTypes(uint32_t reader, const std::string& types);

  duckdb::ClientContext& context_;
  duckdb::Binder& binder_;
  const KnownFunctions& worker_functions_;
  std::map<uint32_t, std::string> hashed_types_;  // by the stage that reads
  std::map<uint32_t, Built> built_;
  uint32_t last_ = 0;
};

/// Gives of the columns of `op`, which stands for the function of `get`, those that `get` gave, under its bindings.
OperatorPtr SelectColumnsOf(OperatorPtr op, duckdb::LogicalGet& get);

/// Registers kStageInputFunction with an instance. Call once an instance.
void RegisterStageInputs(duckdb::DatabaseInstance& database);

/// Says whether a stage is planned on this connection now: the optimizer hook must leave its plan alone.
bool IsBuildingStages(duckdb::ClientContext& context);

}  // namespace skein::core
