// EXPLAIN ANALYZE of a statement with distributed queries in it: DuckDB's own operator and its row, and below it a row
// for each distributed query, the stage tree with the figures of its run. Takes the place of DuckDB's EXPLAIN in the
// plan and shows under its name.
#pragma once

#include <memory>
#include <vector>

#include "duckdb/planner/operator/logical_explain.hpp"
#include "duckdb/planner/operator/logical_extension_operator.hpp"
#include "extension/remote_run.h"
#include "plan/distributed_plan.h"

namespace skein::core {

struct AnalyzedQuery {
  DistributedPlan plan;
  std::shared_ptr<RemoteRun> run;
};

class LogicalAnalyzedExplain : public duckdb::LogicalExtensionOperator {
 public:
  /// Takes over the child of `explain`, whose remote operators note their runs.
  LogicalAnalyzedExplain(duckdb::LogicalExplain& explain, std::vector<AnalyzedQuery> queries);
  duckdb::PhysicalOperator& CreatePlan(duckdb::ClientContext& context, duckdb::PhysicalPlanGenerator& planner) override;
  std::string GetName() const override { return "EXPLAIN_ANALYZE"; }
  std::string GetExtensionName() const override { return "skein"; }
  bool SupportSerialization() const override { return false; }
  duckdb::vector<duckdb::ColumnBinding> GetColumnBindings() override { return bindings_; }

 protected:
  void ResolveTypes() override { types = {duckdb::LogicalType::VARCHAR, duckdb::LogicalType::VARCHAR}; }

 private:
  duckdb::ExplainFormat format_;
  duckdb::vector<duckdb::ColumnBinding> bindings_;
  std::vector<AnalyzedQuery> queries_;
};

}  // namespace skein::core
