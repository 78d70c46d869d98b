#include "engine/physical_exchange_source.h"

#include "base/error.h"
#include "duckdb/parallel/task_scheduler.hpp"
#include "engine/task_state.h"

namespace skein::core {
namespace {

class GlobalState : public duckdb::GlobalSourceState {
 public:
  GlobalState(duckdb::ClientContext& context, Receiver& receiver, bool is_ordered)
      : receiver(receiver), wakeable(*this) {
    const auto threads = duckdb::TaskScheduler::GetScheduler(context).NumberOfThreads();
    max_threads = is_ordered ? 1 : static_cast<duckdb::idx_t>(threads);
  }
  ~GlobalState() override { wakeable.Detach(); }
  duckdb::idx_t MaxThreads() override { return max_threads; }

  Receiver& receiver;
  Wakeable wakeable;
  duckdb::idx_t max_threads;
};

class LocalState : public duckdb::LocalSourceState {
 public:
  LocalState(duckdb::ClientContext& context, const duckdb::vector<duckdb::LogicalType>& types)
      : reader(context, types) {}
  BlockReader reader;
};

}  // namespace

arrow::Result<BlockReader::State> BlockReader::Next(Receiver& receiver, const std::function<void()>& wake,
                                                    duckdb::DataChunk& out) {
  while (true) {
    if (current_ != nullptr) {
      ARROW_ASSIGN_OR_RAISE(const bool has_rows, current_->Next(out));
      if (has_rows) return State::kRows;
      current_ = nullptr;
    }
    ARROW_ASSIGN_OR_RAISE(auto poll, receiver.TryTake(wake));
    if (poll.state == ReceiverPoll::kFinished) return State::kFinished;
    if (poll.state == ReceiverPoll::kPending) return State::kBlocked;
    const auto& block = poll.received.block;
    const auto codec = static_cast<size_t>(block.codec);
    if (codec != 1 && codec != 2) return InternalError("block of an unknown codec " + std::to_string(codec));
    if (!decoders_[codec]) decoders_[codec] = BlockDecoder::Make(context_, block.codec, types_);
    current_ = decoders_[codec].get();
    ARROW_RETURN_NOT_OK(current_->Start(block));
  }
}

PhysicalExchangeSource::PhysicalExchangeSource(duckdb::PhysicalPlan& plan, duckdb::vector<duckdb::LogicalType> types,
                                               duckdb::idx_t estimated_cardinality, ExchangeId exchange,
                                               bool is_ordered)
    : PhysicalOperator(plan, duckdb::PhysicalOperatorType::EXTENSION, std::move(types), estimated_cardinality),
      exchange_(exchange),
      is_ordered_(is_ordered) {}

duckdb::OrderPreservationType PhysicalExchangeSource::SourceOrder() const {
  return is_ordered_ ? duckdb::OrderPreservationType::FIXED_ORDER : duckdb::OrderPreservationType::NO_ORDER;
}

duckdb::unique_ptr<duckdb::GlobalSourceState> PhysicalExchangeSource::GetGlobalSourceState(
    duckdb::ClientContext& context) const {
  auto& task = TaskState::Get(context);
  auto input = task.context.inputs.find(exchange_);
  if (input == task.context.inputs.end()) {
    task.Fail(InternalError("the task has no input exchange " + std::to_string(exchange_)));
  }
  return duckdb::make_uniq<GlobalState>(context, *input->second, is_ordered_);
}

duckdb::unique_ptr<duckdb::LocalSourceState> PhysicalExchangeSource::GetLocalSourceState(
    duckdb::ExecutionContext& context, duckdb::GlobalSourceState&) const {
  TaskState::Get(context.client).progress.TurnToExchange(exchange_);
  return duckdb::make_uniq<LocalState>(context.client, types);
}

duckdb::SourceResultType PhysicalExchangeSource::GetDataInternal(duckdb::ExecutionContext& context,
                                                                 duckdb::DataChunk& chunk,
                                                                 duckdb::OperatorSourceInput& input) const {
  auto& global = input.global_state.Cast<GlobalState>();
  auto& reader = input.local_state.Cast<LocalState>().reader;
  // The lock is held from the poll to the parking of the task: a wake-up in between waits for it.
  auto guard = global.Lock();
  const auto wake = global.wakeable.Callback();
  guard.unlock();
  auto state = reader.Next(
      global.receiver, [] {}, chunk);
  if (state.ok() && *state == BlockReader::State::kBlocked) {
    guard.lock();
    state = reader.Next(global.receiver, wake, chunk);
    if (state.ok() && *state == BlockReader::State::kBlocked) {
      return global.wakeable.Block(global, guard, input.interrupt_state);
    }
    guard.unlock();
  }
  if (!state.ok()) TaskState::Get(context.client).Fail(state.status());
  if (*state == BlockReader::State::kFinished) return duckdb::SourceResultType::FINISHED;
  TaskState::Get(context.client).rows_in += chunk.size();
  return duckdb::SourceResultType::HAVE_MORE_OUTPUT;
}

}  // namespace skein::core
