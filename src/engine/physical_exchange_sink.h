// The root of a fragment: partitions rows by their keys into blocks of the task's delivery unit. It may be slowed by
// the disk, never by a reader. As a source it gives one row, the number of rows that it took.
#pragma once

#include "duckdb/execution/physical_operator.hpp"
#include "engine/row_partitioner.h"

namespace skein::core {

class PhysicalExchangeSink : public duckdb::PhysicalOperator {
 public:
  PhysicalExchangeSink(duckdb::PhysicalPlan& plan, duckdb::vector<duckdb::LogicalType> types,
                       duckdb::idx_t estimated_cardinality, duckdb::vector<duckdb::unique_ptr<duckdb::Expression>> keys,
                       bool is_ordered, KeyMeaning key_meaning);

  std::string GetName() const override { return "EXCHANGE_SINK"; }

  bool IsSink() const override { return true; }
  bool ParallelSink() const override { return !is_ordered_; }
  bool SinkOrderDependent() const override { return is_ordered_; }
  duckdb::unique_ptr<duckdb::GlobalSinkState> GetGlobalSinkState(duckdb::ClientContext& context) const override;
  duckdb::unique_ptr<duckdb::LocalSinkState> GetLocalSinkState(duckdb::ExecutionContext& context) const override;
  duckdb::SinkResultType Sink(duckdb::ExecutionContext& context, duckdb::DataChunk& chunk,
                              duckdb::OperatorSinkInput& input) const override;
  duckdb::SinkCombineResultType Combine(duckdb::ExecutionContext& context,
                                        duckdb::OperatorSinkCombineInput& input) const override;
  duckdb::SinkFinalizeType Finalize(duckdb::Pipeline& pipeline, duckdb::Event& event, duckdb::ClientContext& context,
                                    duckdb::OperatorSinkFinalizeInput& input) const override;

  bool IsSource() const override { return true; }
  duckdb::unique_ptr<duckdb::GlobalSourceState> GetGlobalSourceState(duckdb::ClientContext& context) const override;
  duckdb::SourceResultType GetDataInternal(duckdb::ExecutionContext& context, duckdb::DataChunk& chunk,
                                           duckdb::OperatorSourceInput& input) const override;

 private:
  duckdb::vector<duckdb::unique_ptr<duckdb::Expression>> keys_;
  bool is_ordered_;
  KeyMeaning key_meaning_;
};

}  // namespace skein::core
