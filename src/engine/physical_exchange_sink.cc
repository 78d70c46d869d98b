#include "engine/physical_exchange_sink.h"

#include "base/error.h"
#include "base/mutex.h"
#include "engine/row_partitioner.h"
#include "engine/task_state.h"

namespace skein::core {
namespace {

using duckdb::idx_t;

void ThrowIfNot(TaskState& task, const arrow::Status& status) {
  if (!status.ok()) task.Fail(status);
}

class GlobalState : public duckdb::GlobalSinkState {
 public:
  explicit GlobalState(duckdb::ClientContext& context) : task(TaskState::Get(context)) {
    const auto& key = task.context.key;
    unit = {key.query, task.context.output, key.task, key.attempt, key.incarnation, 0};
    ThrowIfNot(task, task.context.store->OpenUnit(unit));
  }

  const std::vector<PartitionRange>& ranges() const { return task.context.output_ranges; }

  TaskState& task;
  UnitKey unit;
  std::atomic<uint64_t> next_range{0};
};

class GlobalReadState : public duckdb::GlobalSourceState {
 public:
  bool is_done = false;
};

class LocalState : public duckdb::LocalSinkState {
 public:
  template <class... Args>
  explicit LocalState(Args&&... args) : partitioner(std::forward<Args>(args)...) {}
  RowPartitioner partitioner;
};

}  // namespace

PhysicalExchangeSink::PhysicalExchangeSink(duckdb::PhysicalPlan& plan, duckdb::vector<duckdb::LogicalType> types,
                                           idx_t estimated_cardinality,
                                           duckdb::vector<duckdb::unique_ptr<duckdb::Expression>> keys, bool is_ordered,
                                           KeyMeaning key_meaning)
    : PhysicalOperator(plan, duckdb::PhysicalOperatorType::EXTENSION, std::move(types), estimated_cardinality),
      keys_(std::move(keys)),
      is_ordered_(is_ordered),
      key_meaning_(key_meaning) {}

duckdb::unique_ptr<duckdb::GlobalSinkState> PhysicalExchangeSink::GetGlobalSinkState(
    duckdb::ClientContext& context) const {
  auto state = duckdb::make_uniq<GlobalState>(context);
  if (state->ranges().empty()) state->task.Fail(InternalError("an exchange has at least one range"));
  return state;
}

duckdb::unique_ptr<duckdb::LocalSinkState> PhysicalExchangeSink::GetLocalSinkState(
    duckdb::ExecutionContext& context) const {
  auto& global = sink_state->Cast<GlobalState>();
  auto append = [&global](Block block) {
    global.task.rows_out += block.rows;
    ThrowIfNot(global.task, global.task.context.store->Append(global.unit, std::move(block)));
  };
  return duckdb::make_uniq<LocalState>(context.client, keys_, children[0].get().types, global.ranges(),
                                       global.next_range, std::move(append), key_meaning_);
}

duckdb::SinkResultType PhysicalExchangeSink::Sink(duckdb::ExecutionContext&, duckdb::DataChunk& chunk,
                                                  duckdb::OperatorSinkInput& input) const {
  input.local_state.Cast<LocalState>().partitioner.Append(chunk);
  return duckdb::SinkResultType::NEED_MORE_INPUT;
}

duckdb::SinkCombineResultType PhysicalExchangeSink::Combine(duckdb::ExecutionContext&,
                                                            duckdb::OperatorSinkCombineInput& input) const {
  input.local_state.Cast<LocalState>().partitioner.Flush();
  return duckdb::SinkCombineResultType::FINISHED;
}

duckdb::SinkFinalizeType PhysicalExchangeSink::Finalize(duckdb::Pipeline&, duckdb::Event&, duckdb::ClientContext&,
                                                        duckdb::OperatorSinkFinalizeInput& input) const {
  auto& global = input.global_state.Cast<GlobalState>();
  std::vector<UnitInput> inputs;
  {
    MutexLock lock(global.task.results_mutex);
    inputs = std::move(global.task.inputs);
  }
  auto trailer = global.task.context.store->CloseUnit(global.unit, std::move(inputs));
  ThrowIfNot(global.task, trailer.status());
  MutexLock lock(global.task.results_mutex);
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

}  // namespace skein::core
