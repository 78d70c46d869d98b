// A source of our own over DuckDB's readers: it reads exactly the row groups that the coordinator's ledger gives to its
// task, asks ahead, and returns BLOCKED while it waits. A split is one DuckDB batch, so a sink may know where rows came
// from.
#pragma once

#include "duckdb/execution/operator/scan/physical_table_scan.hpp"
#include "duckdb/execution/physical_operator.hpp"
#include "engine/split_scan_spec.h"

namespace skein::core {

class PhysicalSplitScan : public duckdb::PhysicalOperator {
 public:
  /// `dynamic_filters` and `stand_in`, which DuckDB wants to see when it reads them, are both given or both null.
  PhysicalSplitScan(duckdb::PhysicalPlan& plan, duckdb::vector<duckdb::LogicalType> types,
                    duckdb::idx_t estimated_cardinality, SplitScanSpec spec,
                    duckdb::shared_ptr<duckdb::DynamicTableFilterSet> dynamic_filters,
                    const duckdb::PhysicalTableScan* stand_in);

  std::string GetName() const override { return "SPLIT_SCAN"; }
  bool IsSource() const override { return true; }
  bool ParallelSource() const override { return true; }
  bool SupportsPartitioning(const duckdb::OperatorPartitionInfo& partition_info) const override;
  duckdb::OperatorPartitionData GetPartitionData(duckdb::ExecutionContext& context, duckdb::DataChunk& chunk,
                                                 duckdb::GlobalSourceState& global, duckdb::LocalSourceState& local,
                                                 const duckdb::OperatorPartitionInfo& info) const override;
  duckdb::unique_ptr<duckdb::GlobalSourceState> GetGlobalSourceState(duckdb::ClientContext& context) const override;
  duckdb::unique_ptr<duckdb::LocalSourceState> GetLocalSourceState(duckdb::ExecutionContext& context,
                                                                   duckdb::GlobalSourceState& state) const override;
  duckdb::SourceResultType GetDataInternal(duckdb::ExecutionContext& context, duckdb::DataChunk& chunk,
                                           duckdb::OperatorSourceInput& input) const override;

 private:
  SplitScanSpec spec_;
  duckdb::shared_ptr<duckdb::DynamicTableFilterSet> dynamic_filters_;
  const duckdb::PhysicalTableScan* stand_in_;
};

}  // namespace skein::core
