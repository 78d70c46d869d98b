#include "engine/physical_exchange_sink.h"

#include "base/error.h"
#include "duckdb/execution/expression_executor.hpp"
#include "engine/block_codec.h"
#include "engine/error_bridge.h"
#include "engine/partition_hash.h"
#include "engine/task_state.h"

namespace skein {
namespace {

using duckdb::idx_t;

void ThrowIfNot(const arrow::Status& status) {
  if (!status.ok()) ThrowForDuckDb(status);
}

class GlobalState : public duckdb::GlobalSinkState {
 public:
  explicit GlobalState(duckdb::ClientContext& context) : task(TaskState::Get(context)) {
    const auto& key = task.context.key;
    unit = {key.query, task.context.output, key.task, key.attempt, key.incarnation, 0};
    ThrowIfNot(task.context.store->OpenUnit(unit));
  }

  const std::vector<PartitionRange>& ranges() const { return task.context.output_ranges; }

  TaskState& task;
  UnitKey unit;
};

class GlobalReadState : public duckdb::GlobalSourceState {
 public:
  bool is_done = false;
};

// Cuts chunks by key into one encoder a range.
class LocalState : public duckdb::LocalSinkState {
 public:
  LocalState(duckdb::ClientContext& context, const duckdb::vector<duckdb::unique_ptr<duckdb::Expression>>& keys,
             const duckdb::vector<duckdb::LogicalType>& row_types, idx_t range_count)
      : context_(context), row_types_(row_types), executor_(context), encoders_(range_count) {
    duckdb::vector<duckdb::LogicalType> key_types;
    for (const auto& key : keys) {
      executor_.AddExpression(*key);
      key_types.push_back(key->return_type);
    }
    if (!key_types.empty()) keys_.Initialize(duckdb::Allocator::Get(context), key_types);
    if (range_count > 1) {
      rows_of_.resize(range_count);
      for (auto& rows : rows_of_) rows.Initialize(STANDARD_VECTOR_SIZE);
      counts_.resize(range_count);
      if (!row_types.empty()) slice_.InitializeEmpty(row_types);
    }
  }

  void Append(GlobalState& global, duckdb::DataChunk& chunk) {
    if (chunk.size() == 0) return;
    if (encoders_.size() == 1) {
      AppendTo(global, 0, chunk);
      return;
    }
    keys_.Reset();
    executor_.Execute(chunk, keys_);
    ComputePartitionHash(keys_, chunk.size(), hashes_);
    Route(global, chunk.size());
    for (idx_t range = 0; range < encoders_.size(); range++) {
      if (counts_[range] == 0) continue;
      slice_.Reset();
      slice_.Slice(chunk, rows_of_[range], counts_[range]);
      AppendTo(global, range, slice_);
    }
  }

  void Flush(GlobalState& global) {
    for (idx_t range = 0; range < encoders_.size(); range++) FlushRange(global, range);
  }

 private:
  void Route(GlobalState& global, idx_t count) {
    std::fill(counts_.begin(), counts_.end(), 0);
    const auto range_count = static_cast<uint32_t>(encoders_.size());
    for (idx_t row = 0; row < count; row++) {
      const auto range = IndexOfHash(hashes_[row], range_count);
      rows_of_[range].set_index(counts_[range]++, row);
    }
  }

  void AppendTo(GlobalState& global, idx_t range, duckdb::DataChunk& rows) {
    auto& encoder = encoders_[range];
    if (!encoder) encoder = BlockEncoder::Make(context_, row_types_);
    encoder->Append(rows);
    if (encoder->IsFull()) FlushRange(global, range);
  }

  void FlushRange(GlobalState& global, idx_t range) {
    auto& encoder = encoders_[range];
    if (!encoder || encoder->IsEmpty()) return;
    auto block = encoder->Finish();
    ThrowIfNot(block.status());
    block->range = global.ranges()[range];
    global.task.rows_out += block->rows;
    ThrowIfNot(global.task.context.store->Append(global.unit, std::move(*block)));
  }

  duckdb::ClientContext& context_;
  const duckdb::vector<duckdb::LogicalType> row_types_;
  duckdb::ExpressionExecutor executor_;
  duckdb::DataChunk keys_;
  duckdb::DataChunk slice_;
  uint32_t hashes_[STANDARD_VECTOR_SIZE];
  std::vector<duckdb::SelectionVector> rows_of_;
  std::vector<idx_t> counts_;
  std::vector<std::unique_ptr<BlockEncoder>> encoders_;
};

}  // namespace

PhysicalExchangeSink::PhysicalExchangeSink(duckdb::PhysicalPlan& plan, duckdb::vector<duckdb::LogicalType> types,
                                           idx_t estimated_cardinality,
                                           duckdb::vector<duckdb::unique_ptr<duckdb::Expression>> keys, bool is_ordered)
    : PhysicalOperator(plan, duckdb::PhysicalOperatorType::EXTENSION, std::move(types), estimated_cardinality),
      keys_(std::move(keys)),
      is_ordered_(is_ordered) {}

duckdb::unique_ptr<duckdb::GlobalSinkState> PhysicalExchangeSink::GetGlobalSinkState(
    duckdb::ClientContext& context) const {
  auto state = duckdb::make_uniq<GlobalState>(context);
  if (state->ranges().empty() || (state->ranges().size() > 1 && keys_.empty())) {
    ThrowForDuckDb(InternalError("an exchange without keys has exactly one range"));
  }
  return state;
}

duckdb::unique_ptr<duckdb::LocalSinkState> PhysicalExchangeSink::GetLocalSinkState(
    duckdb::ExecutionContext& context) const {
  const auto range_count = TaskState::Get(context.client).context.output_ranges.size();
  return duckdb::make_uniq<LocalState>(context.client, keys_, children[0].get().types, range_count);
}

duckdb::SinkResultType PhysicalExchangeSink::Sink(duckdb::ExecutionContext&, duckdb::DataChunk& chunk,
                                                  duckdb::OperatorSinkInput& input) const {
  input.local_state.Cast<LocalState>().Append(input.global_state.Cast<GlobalState>(), chunk);
  return duckdb::SinkResultType::NEED_MORE_INPUT;
}

duckdb::SinkCombineResultType PhysicalExchangeSink::Combine(duckdb::ExecutionContext&,
                                                            duckdb::OperatorSinkCombineInput& input) const {
  input.local_state.Cast<LocalState>().Flush(input.global_state.Cast<GlobalState>());
  return duckdb::SinkCombineResultType::FINISHED;
}

duckdb::SinkFinalizeType PhysicalExchangeSink::Finalize(duckdb::Pipeline&, duckdb::Event&, duckdb::ClientContext&,
                                                        duckdb::OperatorSinkFinalizeInput& input) const {
  auto& global = input.global_state.Cast<GlobalState>();
  std::lock_guard lock(global.task.results_mutex);
  auto trailer = global.task.context.store->CloseUnit(global.unit, std::move(global.task.inputs));
  ThrowIfNot(trailer.status());
  global.task.units.push_back(std::move(*trailer));
  return duckdb::SinkFinalizeType::READY;
}

duckdb::unique_ptr<duckdb::GlobalSourceState> PhysicalExchangeSink::GetGlobalSourceState(duckdb::ClientContext&) const {
  return duckdb::make_uniq<GlobalReadState>();
}

duckdb::SourceResultType PhysicalExchangeSink::GetDataInternal(duckdb::ExecutionContext&, duckdb::DataChunk& chunk,
                                                               duckdb::OperatorSourceInput& input) const {
  auto& state = input.global_state.Cast<GlobalReadState>();
  if (state.is_done) return duckdb::SourceResultType::FINISHED;
  state.is_done = true;
  chunk.SetCardinality(1);
  chunk.SetValue(0, 0,
                 duckdb::Value::BIGINT(static_cast<int64_t>(sink_state->Cast<GlobalState>().task.rows_out.load())));
  return duckdb::SourceResultType::HAVE_MORE_OUTPUT;
}

}  // namespace skein
