#include "engine/physical_exchange_merge.h"

#include "base/error.h"
#include "engine/physical_exchange_source.h"
#include "engine/task_state.h"

namespace skein::core {
namespace {

using duckdb::idx_t;

/// One producer's rows, as far as they are here: a chunk and its sort keys.
class Run {
 public:
  Run(duckdb::ClientContext& context, Receiver& receiver, const duckdb::vector<duckdb::LogicalType>& types,
      const std::vector<MergeKey>& keys)
      : receiver_(receiver), reader_(context, types), sort_key_(duckdb::LogicalType::BLOB) {
    rows_.Initialize(duckdb::Allocator::Get(context), types);
    duckdb::vector<duckdb::LogicalType> key_types;
    for (const auto& key : keys) {
      columns_.push_back(key.column);
      modifiers_.push_back(key.modifiers);
      key_types.push_back(types[key.column]);
    }
    key_columns_.InitializeEmpty(key_types);
  }

  bool has_row() const { return at_ < rows_.size(); }
  bool is_finished() const { return is_finished_; }
  const duckdb::string_t& key() const { return keys_[at_]; }

  /// Gets the next rows where none are left.
  arrow::Result<BlockReader::State> Refill(const std::function<void()>& wake) {
    if (is_finished_) return BlockReader::State::kFinished;
    rows_.Reset();
    at_ = 0;
    ARROW_ASSIGN_OR_RAISE(const auto state, reader_.Next(receiver_, wake, rows_));
    if (state == BlockReader::State::kRows) {
      ComputeKeys();
    } else {
      rows_.SetCardinality(0);
      is_finished_ = state == BlockReader::State::kFinished;
    }
    return state;
  }

  /// Moves rows to the end of `out`, as long as they are not after `limit` (null: all of them) and there is room.
  void MoveTo(duckdb::DataChunk& out, const duckdb::string_t* limit) {
    const idx_t room = STANDARD_VECTOR_SIZE - out.size();
    const idx_t from = at_;
    do {
      at_++;
    } while (at_ - from < room && has_row() && (limit == nullptr || !(keys_[at_] > *limit)));
    for (idx_t column = 0; column < out.ColumnCount(); column++) {
      duckdb::VectorOperations::Copy(rows_.data[column], out.data[column], at_, from, out.size());
    }
    out.SetCardinality(out.size() + at_ - from);
  }

 private:
  void ComputeKeys() {
    key_columns_.ReferenceColumns(rows_, columns_);
    sort_key_.Initialize();
    duckdb::CreateSortKeyHelpers::CreateSortKey(key_columns_, modifiers_, sort_key_);
    sort_key_.Flatten(rows_.size());
    keys_ = duckdb::FlatVector::GetData<duckdb::string_t>(sort_key_);
  }

  Receiver& receiver_;
  BlockReader reader_;
  duckdb::DataChunk rows_;
  duckdb::DataChunk key_columns_;
  duckdb::vector<duckdb::column_t> columns_;
  duckdb::vector<duckdb::OrderModifiers> modifiers_;
  duckdb::Vector sort_key_;
  const duckdb::string_t* keys_ = nullptr;
  idx_t at_ = 0;
  bool is_finished_ = false;
};

class GlobalState : public duckdb::GlobalSourceState {
 public:
  GlobalState(duckdb::ClientContext& context, Receiver& receiver, const duckdb::vector<duckdb::LogicalType>& types,
              const std::vector<MergeKey>& keys)
      : receiver(receiver), wakeable(*this) {
    for (auto* run : receiver.Runs()) runs.push_back(std::make_unique<Run>(context, *run, types, keys));
  }
  ~GlobalState() override { wakeable.Detach(); }

  /// Gets rows for every run that has none. Blocked: one of them must wait.
  arrow::Result<BlockReader::State> RefillAll(const std::function<void()>& wake);
  /// Merges until `out` is full or a run has no more rows here.
  void Merge(duckdb::DataChunk& out);

  Receiver& receiver;
  Wakeable wakeable;
  std::vector<std::unique_ptr<Run>> runs;
};

arrow::Result<BlockReader::State> GlobalState::RefillAll(const std::function<void()>& wake) {
  bool has_rows = false;
  for (auto& run : runs) {
    if (!run->has_row()) {
      ARROW_ASSIGN_OR_RAISE(const auto state, run->Refill(wake));
      if (state == BlockReader::State::kBlocked) return state;
    }
    has_rows |= run->has_row();
  }
  if (has_rows) return BlockReader::State::kRows;
  // All runs are at their end: so is the exchange as a whole, which the task reports.
  ARROW_ASSIGN_OR_RAISE(const auto poll, receiver.TryTake(wake));
  if (poll.state != ReceiverPoll::kFinished) return InternalError("an exchange goes on after the end of its runs");
  return BlockReader::State::kFinished;
}

void GlobalState::Merge(duckdb::DataChunk& out) {
  while (out.size() < STANDARD_VECTOR_SIZE) {
    Run* first = nullptr;
    const duckdb::string_t* limit = nullptr;
    for (auto& run : runs) {
      if (!run->has_row()) {
        if (run->is_finished()) continue;
        return;
      }
      if (first == nullptr || first->key() > run->key()) {
        if (first != nullptr) limit = &first->key();
        first = run.get();
      } else if (limit == nullptr || *limit > run->key()) {
        limit = &run->key();
      }
    }
    if (first == nullptr) return;
    first->MoveTo(out, limit);
  }
}

}  // namespace

PhysicalExchangeMerge::PhysicalExchangeMerge(duckdb::PhysicalPlan& plan, duckdb::vector<duckdb::LogicalType> types,
                                             idx_t estimated_cardinality, ExchangeId exchange,
                                             std::vector<MergeKey> keys)
    : PhysicalOperator(plan, duckdb::PhysicalOperatorType::EXTENSION, std::move(types), estimated_cardinality),
      exchange_(exchange),
      keys_(std::move(keys)) {}

duckdb::unique_ptr<duckdb::GlobalSourceState> PhysicalExchangeMerge::GetGlobalSourceState(
    duckdb::ClientContext& context) const {
  auto& task = TaskState::Get(context);
  auto input = task.context.inputs.find(exchange_);
  if (input == task.context.inputs.end()) {
    task.Fail(InternalError("the task has no input exchange " + std::to_string(exchange_)));
  }
  return duckdb::make_uniq<GlobalState>(context, *input->second, types, keys_);
}

duckdb::unique_ptr<duckdb::LocalSourceState> PhysicalExchangeMerge::GetLocalSourceState(
    duckdb::ExecutionContext& context, duckdb::GlobalSourceState& state) const {
  TaskState::Get(context.client).progress.TurnToExchange(exchange_);
  return PhysicalOperator::GetLocalSourceState(context, state);
}

duckdb::SourceResultType PhysicalExchangeMerge::GetDataInternal(duckdb::ExecutionContext& context,
                                                                duckdb::DataChunk& chunk,
                                                                duckdb::OperatorSourceInput& input) const {
  auto& global = input.global_state.Cast<GlobalState>();
  auto& task = TaskState::Get(context.client);
  // A wake-up may come before the task is parked: the second look, with the lock held, cannot miss it.
  auto state = global.RefillAll([] {});
  if (state.ok() && *state == BlockReader::State::kBlocked) {
    const auto wake = global.wakeable.Callback();
    auto guard = global.Lock();
    state = global.RefillAll(wake);
    if (state.ok() && *state == BlockReader::State::kBlocked)
      return global.wakeable.Block(global, guard, input.interrupt_state);
  }
  if (!state.ok()) task.Fail(state.status());
  if (*state == BlockReader::State::kFinished) return duckdb::SourceResultType::FINISHED;
  global.Merge(chunk);
  task.rows_in += chunk.size();
  return duckdb::SourceResultType::HAVE_MORE_OUTPUT;
}

}  // namespace skein::core
