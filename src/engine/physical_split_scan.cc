#include "engine/physical_split_scan.h"

#include "base/mutex.h"
#include "duckdb/parallel/task_scheduler.hpp"
#include "engine/split_source.h"
#include "engine/task_state.h"
#include "engine/wakeable.h"

namespace skein::core {
namespace {

class GlobalState : public duckdb::GlobalSourceState {
 public:
  GlobalState(duckdb::ClientContext& context, std::unique_ptr<SplitSource> of_scan)
      : wakeable(*this),
        task(TaskState::Get(context)),
        source(std::move(of_scan)),
        max_threads(static_cast<duckdb::idx_t>(duckdb::TaskScheduler::GetScheduler(context).NumberOfThreads())) {}
  ~GlobalState() override { wakeable.Detach(); }
  duckdb::idx_t MaxThreads() override { return max_threads; }

  Wakeable wakeable;
  TaskState& task;
  const std::unique_ptr<SplitSource> source;
  std::atomic<duckdb::idx_t> next_batch{0};
  const duckdb::idx_t max_threads;
};

class LocalState : public duckdb::LocalSourceState {
 public:
  explicit LocalState(std::unique_ptr<SplitReader> of_thread) : reader(std::move(of_thread)) {}

  const std::unique_ptr<SplitReader> reader;
  bool is_in_split = false;
  SplitId split = 0;
  duckdb::idx_t batch_index = 0;
};

std::unique_ptr<SplitSource> MakeSource(duckdb::ClientContext& context, const SplitScanSpec& spec,
                                        duckdb::unique_ptr<duckdb::TableFilterSet> filters) {
  if (std::holds_alternative<TableOfFile>(spec.source)) return MakeTableSource(context, spec, std::move(filters));
  if (std::holds_alternative<TextFiles>(spec.source)) return MakeTextSource(context, spec, std::move(filters));
  return MakeParquetSource(context, spec, std::move(filters));
}

// Goes on to a split that was taken.
void Begin(GlobalState& global, LocalState& local, ScanId scan, const Split& split) {
  local.is_in_split = local.reader->Begin(split);
  local.split = split.id;
  local.batch_index = global.next_batch++;
  {
    MutexLock lock(global.task.results_mutex);
    global.task.inputs.push_back({scan, split.id});
  }
  if (!local.is_in_split) global.task.progress.EndSplit(scan, split.id);
}

}  // namespace

PhysicalSplitScan::PhysicalSplitScan(duckdb::PhysicalPlan& plan, duckdb::vector<duckdb::LogicalType> types,
                                     duckdb::idx_t estimated_cardinality, SplitScanSpec spec,
                                     duckdb::shared_ptr<duckdb::DynamicTableFilterSet> dynamic_filters,
                                     const duckdb::PhysicalTableScan* stand_in)
    : PhysicalOperator(plan, duckdb::PhysicalOperatorType::EXTENSION, std::move(types), estimated_cardinality),
      spec_(std::move(spec)),
      dynamic_filters_(std::move(dynamic_filters)),
      stand_in_(stand_in) {}

bool PhysicalSplitScan::SupportsPartitioning(const duckdb::OperatorPartitionInfo& partition_info) const {
  return !partition_info.RequiresPartitionColumns();
}

duckdb::OperatorPartitionData PhysicalSplitScan::GetPartitionData(duckdb::ExecutionContext&, duckdb::DataChunk&,
                                                                  duckdb::GlobalSourceState&,
                                                                  duckdb::LocalSourceState& local,
                                                                  const duckdb::OperatorPartitionInfo&) const {
  return duckdb::OperatorPartitionData(local.Cast<LocalState>().batch_index);
}

duckdb::unique_ptr<duckdb::GlobalSourceState> PhysicalSplitScan::GetGlobalSourceState(
    duckdb::ClientContext& context) const {
  duckdb::unique_ptr<duckdb::TableFilterSet> filters;
  if (!spec_.filters.filters.empty()) filters = spec_.filters.Copy();
  // The joins above have built by now: this pipeline waits for theirs.
  if (dynamic_filters_ && dynamic_filters_->HasFilters()) {
    filters = dynamic_filters_->GetFinalTableFilters(*stand_in_, filters.get());
  }
  return duckdb::make_uniq<GlobalState>(context, MakeSource(context, spec_, std::move(filters)));
}

duckdb::unique_ptr<duckdb::LocalSourceState> PhysicalSplitScan::GetLocalSourceState(
    duckdb::ExecutionContext& context, duckdb::GlobalSourceState& global) const {
  auto& state = global.Cast<GlobalState>();
  state.task.progress.TurnToScan(spec_.scan);
  return duckdb::make_uniq<LocalState>(state.source->MakeReader(context));
}

duckdb::SourceResultType PhysicalSplitScan::GetDataInternal(duckdb::ExecutionContext& context, duckdb::DataChunk& chunk,
                                                            duckdb::OperatorSourceInput& input) const {
  auto& global = input.global_state.Cast<GlobalState>();
  auto& local = input.local_state.Cast<LocalState>();
  auto& feed = *global.task.context.splits;
  while (true) {
    if (local.is_in_split) {
      if (local.reader->Next(chunk)) {
        global.task.rows_in += chunk.size();
        return duckdb::SourceResultType::HAVE_MORE_OUTPUT;
      }
      local.is_in_split = false;
      global.task.progress.EndSplit(spec_.scan, local.split);
    }
    Split split;
    // The lock is held from the question to the parking of the task: a wake-up in between waits for it.
    auto guard = global.Lock();
    auto state = feed.TryTake(spec_.scan, split, global.wakeable.Callback());
    if (state.ok() && *state == SplitFeed::kPending) return global.wakeable.Block(global, guard, input.interrupt_state);
    // With the lock held: whoever takes a later split, and fails in it, knows that this one was begun.
    if (state.ok() && *state == SplitFeed::kSplit) global.task.progress.BeginSplit(spec_.scan, split.id);
    guard.unlock();
    if (!state.ok()) global.task.Fail(state.status());
    if (*state == SplitFeed::kExhausted) {
      global.task.progress.EndScan(spec_.scan);
      return duckdb::SourceResultType::FINISHED;
    }
    Begin(global, local, spec_.scan, split);
  }
}

}  // namespace skein::core
