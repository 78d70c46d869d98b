#include "engine/physical_split_scan.h"

#include "base/mutex.h"
#include "duckdb/parallel/task_scheduler.hpp"
#include "engine/split_files.h"
#include "engine/task_state.h"
#include "engine/wakeable.h"

namespace skein::core {
namespace {

class GlobalState : public duckdb::GlobalSourceState {
 public:
  GlobalState(duckdb::ClientContext& context, const SplitScanSpec& spec,
              duckdb::unique_ptr<duckdb::TableFilterSet> all_filters)
      : wakeable(*this),
        task(TaskState::Get(context)),
        filters(std::move(all_filters)),
        files(context, spec, filters.get()),
        max_threads(static_cast<duckdb::idx_t>(duckdb::TaskScheduler::GetScheduler(context).NumberOfThreads())) {}
  ~GlobalState() override { wakeable.Detach(); }
  duckdb::idx_t MaxThreads() override { return max_threads; }

  Wakeable wakeable;
  TaskState& task;
  duckdb::unique_ptr<duckdb::TableFilterSet> filters;
  SplitFiles files;
  std::atomic<duckdb::idx_t> next_batch{0};
  const duckdb::idx_t max_threads;
};

class LocalState : public duckdb::LocalSourceState {
 public:
  explicit LocalState(duckdb::ClientContext& context) : executor(context) {}

  /// Goes on to `split`; afterwards `file` is set.
  void Begin(duckdb::ClientContext& context, GlobalState& global, const SplitScanSpec& spec, const Split& split);
  /// Fills `out` with the next rows of the split; false at its end.
  bool Next(duckdb::ClientContext& context, GlobalState& global, duckdb::DataChunk& out);

  SplitFile* file = nullptr;
  SplitId split = 0;
  duckdb::idx_t batch_index = 0;

 private:
  void PrepareChunk(duckdb::ClientContext& context, const SplitScanSpec& spec);
  duckdb::AsyncResultType Read(duckdb::ClientContext& context);

  SplitFile* prepared_ = nullptr;
  duckdb::ParquetReaderScanState scan_;
  duckdb::DataChunk scan_chunk_;
  duckdb::ExpressionExecutor executor;
};

void LocalState::Begin(duckdb::ClientContext& context, GlobalState& global, const SplitScanSpec& spec,
                       const Split& split) {
  const auto parquet = ParquetSplit::FromBytes(split.payload);
  file = &global.files.Get(parquet);
  this->split = split.id;
  batch_index = global.next_batch++;
  {
    MutexLock lock(global.task.results_mutex);
    global.task.inputs.push_back({spec.scan, split.id});
  }
  if (file->is_skipped) {
    global.task.progress.EndSplit(spec.scan, split.id);
    file = nullptr;
    return;
  }
  if (prepared_ != file) {
    scan_ = duckdb::ParquetReaderScanState();
    PrepareChunk(context, spec);
    prepared_ = file;
  }
  file->reader().InitializeScan(context, scan_, parquet.row_groups);
}

// The chunk that the file's reader fills has the file's types; expressions over it give the scan's columns.
void LocalState::PrepareChunk(duckdb::ClientContext& context, const SplitScanSpec& spec) {
  auto& reader = file->reader();
  duckdb::vector<duckdb::LogicalType> local_types;
  for (duckdb::idx_t i = 0; i < reader.column_ids.size(); i++) {
    const auto local_id = reader.column_ids[duckdb::MultiFileLocalIndex(i)];
    auto cast = reader.cast_map.find(local_id);
    auto expression = reader.expression_map.find(local_id);
    if (cast != reader.cast_map.end()) {
      local_types.push_back(cast->second);
    } else if (expression != reader.expression_map.end()) {
      local_types.push_back(expression->second->return_type);
    } else {
      local_types.push_back(reader.GetColumns()[local_id].type);
    }
  }
  scan_chunk_.Destroy();
  scan_chunk_.Initialize(duckdb::BufferAllocator::Get(context), local_types);
  executor.ClearExpressions();
  if (spec.projection_ids.empty()) {
    for (auto& expression : file->data.expressions) executor.AddExpression(*expression);
  } else {
    for (auto id : spec.projection_ids) executor.AddExpression(*file->data.expressions[id]);
  }
}

// Asks the file's reader for the next rows; BLOCKED means to ask again.
duckdb::AsyncResultType LocalState::Read(duckdb::ClientContext& context) {
  try {
    auto result = file->reader().Scan(context, scan_, scan_chunk_);
    const auto state = result.GetResultType();
    if (state == duckdb::AsyncResultType::BLOCKED) result.ExecuteTasksSynchronously();
    return state;
  } catch (std::exception& error) {
    file->ThrowReadError(error);
  }
}

bool LocalState::Next(duckdb::ClientContext& context, GlobalState& global, duckdb::DataChunk& out) {
  while (true) {
    scan_chunk_.Reset();
    const auto state = Read(context);
    if (state == duckdb::AsyncResultType::BLOCKED) continue;
    if (scan_chunk_.size() > 0) {
      global.files.multi_file_reader().FinalizeChunk(context, global.files.bind_data(), file->reader(), file->data,
                                                     scan_chunk_, out, executor, nullptr);
      return true;
    }
    if (state == duckdb::AsyncResultType::FINISHED) {
      file->CheckUnchanged();
      return false;
    }
  }
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
  return duckdb::make_uniq<GlobalState>(context, spec_, std::move(filters));
}

duckdb::unique_ptr<duckdb::LocalSourceState> PhysicalSplitScan::GetLocalSourceState(
    duckdb::ExecutionContext& context, duckdb::GlobalSourceState& global) const {
  global.Cast<GlobalState>().task.progress.TurnToScan(spec_.scan);
  return duckdb::make_uniq<LocalState>(context.client);
}

duckdb::SourceResultType PhysicalSplitScan::GetDataInternal(duckdb::ExecutionContext& context, duckdb::DataChunk& chunk,
                                                            duckdb::OperatorSourceInput& input) const {
  auto& global = input.global_state.Cast<GlobalState>();
  auto& local = input.local_state.Cast<LocalState>();
  auto& feed = *global.task.context.splits;
  while (true) {
    if (local.file != nullptr) {
      if (local.Next(context.client, global, chunk)) {
        global.task.rows_in += chunk.size();
        return duckdb::SourceResultType::HAVE_MORE_OUTPUT;
      }
      local.file = nullptr;
      global.task.progress.EndSplit(spec_.scan, local.split);
    }
    Split split;
    // The lock is held from the question to the parking of the task: a wake-up in between waits for it.
    auto guard = global.Lock();
    auto state = feed.TryTake(spec_.scan, split, global.wakeable.Callback());
    if (state.ok() && *state == SplitFeed::kPending) return global.BlockSource(guard, input.interrupt_state);
    // With the lock held: whoever takes a later split, and fails in it, knows that this one was begun.
    if (state.ok() && *state == SplitFeed::kSplit) global.task.progress.BeginSplit(spec_.scan, split.id);
    guard.unlock();
    if (!state.ok()) global.task.Fail(state.status());
    if (*state == SplitFeed::kExhausted) {
      global.task.progress.EndScan(spec_.scan);
      return duckdb::SourceResultType::FINISHED;
    }
    local.Begin(context.client, global, spec_, split);
  }
}

}  // namespace skein::core
