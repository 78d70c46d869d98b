// The operator that stands in the client's plan for what runs on the cluster. It may be executed many times: files and
// parameters are pinned and fragments made when an execution starts. A source that never waits for the network.
#pragma once

#include <memory>

#include "duckdb/execution/physical_operator.hpp"
#include "engine/logical_operators.h"
#include "extension/remote_run.h"
#include "planner/planned_query.h"

namespace skein::core {

class LogicalRemoteQuery : public SkeinOperator {
 public:
  LogicalRemoteQuery() : SkeinOperator(OperatorKind::kRemoteQuery) {}
  duckdb::PhysicalOperator& CreatePlan(duckdb::ClientContext& context, duckdb::PhysicalPlanGenerator& planner) override;
  std::string GetName() const override { return "SKEIN_REMOTE"; }
  bool SupportSerialization() const override { return false; }
  duckdb::InsertionOrderPreservingMap<std::string> ParamsToString() const override;

  /// Takes a planned query; what the client itself must run of it becomes this operator's children.
  void SetQuery(std::shared_ptr<PlannedQuery> planned);
  const PlannedQuery& query() const { return *query_; }
  /// Has every execution profiled and noted in what it returns.
  std::shared_ptr<RemoteRun> NoteRuns();

 private:
  std::shared_ptr<PlannedQuery> query_;
  std::shared_ptr<RemoteRun> run_;  // null: nobody asks
};

class PhysicalRemoteQuery : public duckdb::PhysicalOperator {
 public:
  PhysicalRemoteQuery(duckdb::PhysicalPlan& plan, duckdb::vector<duckdb::LogicalType> types,
                      duckdb::idx_t estimated_cardinality, std::shared_ptr<PlannedQuery> query,
                      std::shared_ptr<RemoteRun> run);

  std::string GetName() const override { return "SKEIN_REMOTE"; }
  duckdb::InsertionOrderPreservingMap<std::string> ParamsToString() const override;
  const PlannedQuery& query() const { return *query_; }
  /// The children are sinks of pipelines that end before this source begins.
  void BuildPipelines(duckdb::Pipeline& current, duckdb::MetaPipeline& meta_pipeline) override;
  duckdb::vector<duckdb::const_reference<duckdb::PhysicalOperator>> GetSources() const override { return {*this}; }
  bool IsSource() const override { return true; }
  bool ParallelSource() const override { return !is_ordered_; }
  duckdb::OrderPreservationType SourceOrder() const override;
  duckdb::unique_ptr<duckdb::GlobalSourceState> GetGlobalSourceState(duckdb::ClientContext& context) const override;
  duckdb::unique_ptr<duckdb::LocalSourceState> GetLocalSourceState(duckdb::ExecutionContext& context,
                                                                   duckdb::GlobalSourceState& state) const override;
  duckdb::SourceResultType GetDataInternal(duckdb::ExecutionContext& context, duckdb::DataChunk& chunk,
                                           duckdb::OperatorSourceInput& input) const override;

 private:
  std::shared_ptr<PlannedQuery> query_;
  std::shared_ptr<RemoteRun> run_;  // null: nobody asks
  bool is_ordered_ = false;
};

}  // namespace skein::core
