// The leaf of a fragment that reads an exchange whose producers each sorted their rows, and merges them by the same
// keys. One thread: every row is compared by DuckDB's own sort key. Never waits: it returns BLOCKED and is woken.
#pragma once

#include "base/ids.h"
#include "duckdb/execution/physical_operator.hpp"
#include "engine/merge_key.h"

namespace skein::core {

class PhysicalExchangeMerge : public duckdb::PhysicalOperator {
 public:
  PhysicalExchangeMerge(duckdb::PhysicalPlan& plan, duckdb::vector<duckdb::LogicalType> types,
                        duckdb::idx_t estimated_cardinality, ExchangeId exchange, std::vector<MergeKey> keys);

  std::string GetName() const override { return "EXCHANGE_MERGE"; }
  bool IsSource() const override { return true; }
  duckdb::OrderPreservationType SourceOrder() const override { return duckdb::OrderPreservationType::FIXED_ORDER; }
  duckdb::unique_ptr<duckdb::GlobalSourceState> GetGlobalSourceState(duckdb::ClientContext& context) const override;
  duckdb::unique_ptr<duckdb::LocalSourceState> GetLocalSourceState(duckdb::ExecutionContext& context,
                                                                   duckdb::GlobalSourceState& state) const override;
  duckdb::SourceResultType GetDataInternal(duckdb::ExecutionContext& context, duckdb::DataChunk& chunk,
                                           duckdb::OperatorSourceInput& input) const override;

 private:
  ExchangeId exchange_;
  std::vector<MergeKey> keys_;
};

}  // namespace skein::core
