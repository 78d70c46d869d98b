// The leaf of a fragment, or of the client's plan, that reads an input exchange. Never waits: it returns BLOCKED and is
// woken by the receiver.
#pragma once

#include "base/ids.h"
#include "duckdb/execution/physical_operator.hpp"
#include "engine/block_codec.h"
#include "engine/wakeable.h"
#include "exchange/receiver.h"

namespace skein::core {

/// Reads blocks of one receiver as chunks; shared by the worker's source and the client's.
class BlockReader {
 public:
  enum class State { kRows, kBlocked, kFinished };

  BlockReader(duckdb::ClientContext& context, const duckdb::vector<duckdb::LogicalType>& types)
      : context_(context), types_(types) {}
  /// Fills `out`, or says why not; `wake` as in Receiver::TryTake.
  arrow::Result<State> Next(Receiver& receiver, const std::function<void()>& wake, duckdb::DataChunk& out);

 private:
  duckdb::ClientContext& context_;
  const duckdb::vector<duckdb::LogicalType>& types_;
  std::unique_ptr<BlockDecoder> decoders_[3];
  BlockDecoder* current_ = nullptr;
};

class PhysicalExchangeSource : public duckdb::PhysicalOperator {
 public:
  PhysicalExchangeSource(duckdb::PhysicalPlan& plan, duckdb::vector<duckdb::LogicalType> types,
                         duckdb::idx_t estimated_cardinality, ExchangeId exchange, bool is_ordered);

  std::string GetName() const override { return "EXCHANGE_SOURCE"; }
  bool IsSource() const override { return true; }
  bool ParallelSource() const override { return !is_ordered_; }
  duckdb::OrderPreservationType SourceOrder() const override;
  duckdb::unique_ptr<duckdb::GlobalSourceState> GetGlobalSourceState(duckdb::ClientContext& context) const override;
  duckdb::unique_ptr<duckdb::LocalSourceState> GetLocalSourceState(duckdb::ExecutionContext& context,
                                                                   duckdb::GlobalSourceState& state) const override;
  duckdb::SourceResultType GetDataInternal(duckdb::ExecutionContext& context, duckdb::DataChunk& chunk,
                                           duckdb::OperatorSourceInput& input) const override;

 private:
  ExchangeId exchange_;
  bool is_ordered_;
};

}  // namespace skein::core
