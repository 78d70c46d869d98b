// Collects rows of the client's own process (a table in memory, a data frame) into a unit of a store of its own, which
// may spill; the coordinator pushes it to a worker once the query runs. It ends before the query begins: a barrier.
#pragma once

#include <memory>

#include "coordinator/query_request.h"
#include "duckdb/execution/physical_operator.hpp"
#include "engine/logical_operators.h"
#include "planner/planned_query.h"

namespace skein::core {

class LogicalClientSink : public SkeinOperator {
 public:
  LogicalClientSink(PlannedClientInput input, std::vector<PartitionRange> ranges);
  duckdb::PhysicalOperator& CreatePlan(duckdb::ClientContext& context, duckdb::PhysicalPlanGenerator& planner) override;
  std::string GetName() const override { return "SKEIN_CLIENT_ROWS"; }
  bool SupportSerialization() const override { return false; }

  ExchangeId exchange;
  std::vector<PartitionRange> ranges;
};

class PhysicalClientSink : public duckdb::PhysicalOperator {
 public:
  PhysicalClientSink(duckdb::PhysicalPlan& plan, duckdb::vector<duckdb::LogicalType> types,
                     duckdb::idx_t estimated_cardinality, duckdb::vector<duckdb::unique_ptr<duckdb::Expression>> keys,
                     ExchangeId exchange, std::vector<PartitionRange> ranges);

  std::string GetName() const override { return "SKEIN_CLIENT_ROWS"; }
  bool IsSink() const override { return true; }
  bool ParallelSink() const override { return true; }
  bool SinkOrderDependent() const override { return false; }
  duckdb::unique_ptr<duckdb::GlobalSinkState> GetGlobalSinkState(duckdb::ClientContext& context) const override;
  duckdb::unique_ptr<duckdb::LocalSinkState> GetLocalSinkState(duckdb::ExecutionContext& context) const override;
  duckdb::SinkResultType Sink(duckdb::ExecutionContext& context, duckdb::DataChunk& chunk,
                              duckdb::OperatorSinkInput& input) const override;
  duckdb::SinkCombineResultType Combine(duckdb::ExecutionContext& context,
                                        duckdb::OperatorSinkCombineInput& input) const override;
  duckdb::SinkFinalizeType Finalize(duckdb::Pipeline& pipeline, duckdb::Event& event, duckdb::ClientContext& context,
                                    duckdb::OperatorSinkFinalizeInput& input) const override;

  ExchangeId exchange() const { return exchange_; }
  /// What this execution collected. REQUIRES: Finalize has run.
  std::shared_ptr<ClientInput> CollectedInput() const;

 private:
  duckdb::vector<duckdb::unique_ptr<duckdb::Expression>> keys_;
  ExchangeId exchange_;
  std::vector<PartitionRange> ranges_;
};

}  // namespace skein::core
