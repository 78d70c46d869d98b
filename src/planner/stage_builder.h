// Makes one plan of stages that were cut by hand: each stage's SQL is bound and optimized by DuckDB, and put under an
// exchange where another stage reads it. One use, one thread; throws DuckDB's exceptions, with the stage's number.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "duckdb.hpp"
#include "duckdb/planner/operator/logical_get.hpp"
#include "planner/exchange_placer.h"
#include "planner/stage_spec.h"

namespace skein::core {

/// The function that stands for the rows of another stage while a stage's SQL is planned.
inline constexpr char kStageInputFunction[] = "skein_stage_input";

class StageBuilder {
 public:
  /// `worker_functions` as in Examine. REQUIRES: a transaction is open, and OrderStages has ordered the stages.
  StageBuilder(duckdb::ClientContext& context, const std::set<std::string>& worker_functions)
      : context_(context), worker_functions_(worker_functions) {}

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
  /// Puts exchanges where `op` and what is below it read stages or the client's process.
  void Connect(OperatorPtr& op, const StageSpec& reader, bool& has_own_rows);
  OperatorPtr MakeExchange(Built producer, duckdb::LogicalGet& get);

  duckdb::ClientContext& context_;
  const std::set<std::string>& worker_functions_;
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
