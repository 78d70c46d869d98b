// The tasks of a query, from their starts with the first splits to their ends and the checks of what they report.
#include <algorithm>
#include <set>
#include <utility>

#include "base/error.h"
#include "coordinator/query_state.h"
#include "worker/wire_convert.h"

namespace skein::core {
namespace {

constexpr uint32_t kMaxSplitsAtOnce = 1024;
constexpr int kMaxOperators = 10000;

void FillSplits(ScanId scan, const std::vector<Split>& splits, wire::ScanSplits& out) {
  out.set_scan(scan);
  for (const auto& split : splits) *out.add_splits() = ToWire(split);
}

/// Returns the operators of a profiled task if they are trees in preorder; none where they cannot be: figures are
/// shown, and nothing depends on them.
std::vector<OperatorFigures> FiguresOf(const wire::TaskFinished& finished) {
  std::vector<OperatorFigures> operators;
  if (finished.operators_size() > kMaxOperators) return operators;
  uint32_t deepest = 0;
  for (const auto& figures : finished.operators()) {
    if (figures.depth() > deepest) return {};
    deepest = figures.depth() + 1;
    operators.push_back(FromWire(figures));
  }
  return operators;
}

}  // namespace

void QueryState::StartTasks() {
  timers_.Cancel(std::exchange(grant_timer_, 0));
  if (request_.task_timeout.count() > 0) {
    task_timer_ = timers_.After(request_.task_timeout, [this] { OnTaskTimeout(); });
  }
  state_ = State::kRunning;
  for (StageId stage = 0; stage < tasks_.stage_count(); stage++) {
    auto starts = MakeStageStarts(stage);
    for (auto& task : tasks_.tasks(stage)) {
      task.state = TaskState::kRunning;
      record_->UpdateTask(stage, task.key.task, [&](TaskInfo& info) {
        info.state = "running";
        info.splits = splits_.given(stage, task.key.task);
      });
      wire::ToWorker message;
      message.mutable_start()->Swap(&starts[task.key.task]);
      SendTo(task.worker, std::move(message));
    }
  }
  observer_.OnProducers(tasks_.ProducersOf(request_.plan.exchange(client_exchange())));
  StartUploads();
}

void QueryState::StartUploads() {
  auto uploads = TakeUploads(request_, tasks_);
  for (const auto& upload : uploads) uploading_.insert(upload.key.exchange);
  if (!uploads.empty()) uploader_.Start(std::move(uploads));
}

std::vector<wire::StartTask> QueryState::MakeStageStarts(StageId stage) {
  std::vector<wire::StartTask> starts;
  for (const auto& task : tasks_.tasks(stage)) starts.push_back(MakeStartTask(request_, tasks_, task));
  for (const auto& scan : request_.plan.stage(stage).scans) AddFirstSplits(stage, scan.id, starts);
  return starts;
}

void QueryState::AddFirstSplits(StageId stage, ScanId scan, std::vector<wire::StartTask>& starts) {
  std::vector<std::vector<Split>> first(starts.size());
  uint32_t max_rounds = 0;
  const auto quota = [&](const TaskEntry& task) { return 2 * tasks_.workers()[task.worker].threads; };
  for (const auto& task : tasks_.tasks(stage)) max_rounds = std::max(max_rounds, quota(task));
  bool is_left = true;
  for (uint32_t round = 0; round < max_rounds && is_left; round++) {
    is_left = false;
    for (const auto& task : tasks_.tasks(stage)) {
      if (round >= quota(task)) continue;
      for (auto& split : splits_.Take({stage, scan}, task.key.task, task.key.attempt, 1)) {
        first[task.key.task].push_back(std::move(split));
        is_left = true;
      }
    }
  }
  for (const auto& task : tasks_.tasks(stage)) {
    auto& splits = *starts[task.key.task].add_scans();
    FillSplits(scan, first[task.key.task], splits);
    splits.set_is_last(splits_.TellIsLast({stage, scan}, task.key.task));
  }
}

void QueryState::OnSplitRequest(const wire::SplitRequest& request) {
  const TaskEntry* task = FindRunning(request.name());
  if (task == nullptr) return;
  const SplitLedger::Scan scan{task->key.stage, request.scan()};
  if (!splits_.HasScan(scan)) {
    return End("failed", InternalError("splits of an unknown scan were asked for: " + task->key.ToString() +
                                       " scan=" + std::to_string(request.scan())));
  }
  const uint32_t count = std::clamp(request.count(), 1u, kMaxSplitsAtOnce);
  wire::ToWorker message;
  auto& give = *message.mutable_splits();
  *give.mutable_name() = request.name();
  const auto given = splits_.Take(scan, task->key.task, task->key.attempt, count, first_error_.LimitOf(scan));
  FillSplits(scan.second, given, *give.mutable_splits());
  const bool is_enough = given.empty() && first_error_.is_known();
  give.mutable_splits()->set_is_last(splits_.TellIsLast(scan, task->key.task) || is_enough);
  record_->UpdateTask(task->key.stage, task->key.task,
                      [&](TaskInfo& info) { info.splits = splits_.given(task->key.stage, task->key.task); });
  SendTo(task->worker, std::move(message));
}

void QueryState::OnTaskProgress(const wire::TaskProgress& progress) {
  const TaskEntry* task = FindRunning(progress.name());
  if (task == nullptr) return;
  record_->UpdateTask(task->key.stage, task->key.task, [&](TaskInfo& info) {
    info.rows_in = progress.rows_in();
    info.rows_out = progress.rows_out();
  });
}

void QueryState::OnTaskFinished(const wire::TaskFinished& finished) {
  if (TakeEndOfOrderedRun(finished.name(), nullptr)) return;
  TaskEntry* task = FindRunning(finished.name());
  if (task == nullptr) return;
  task->state = TaskState::kFinished;
  RecordTask(*task, finished);
  const auto status = CheckTask(*task, finished);
  if (!status.ok()) return End("failed", status);
  EndIfFirstErrorIsCertain();
  FinishIfDone();
}

void QueryState::RecordTask(const TaskEntry& task, const wire::TaskFinished& finished) {
  record_->UpdateTask(task.key.stage, task.key.task, [&](TaskInfo& info) {
    info.state = "finished";
    info.rows_in = finished.rows_in();
    info.rows_out = finished.rows_out();
    info.bytes_in = finished.bytes_in();
    info.bytes_out = finished.bytes_out();
    info.cpu_us = finished.cpu_us();
    info.wall_us = finished.wall_us();
    info.rows_per_partition.assign(finished.rows_per_range().begin(), finished.rows_per_range().end());
    info.spill_bytes = finished.spill_bytes();
    info.temp_bytes = finished.temp_bytes();
    info.operators = FiguresOf(finished);
  });
}

arrow::Status QueryState::CheckTask(const TaskEntry& task, const wire::TaskFinished& finished) {
  std::vector<UnitInput> inputs;
  std::vector<uint32_t> units;
  for (const auto& unit : finished.units()) {
    units.push_back(unit.unit());
    if (unit.scans_size() != unit.splits_size()) {
      return InternalError("a unit's inputs are not complete: " + task.key.ToString() +
                           " unit=" + std::to_string(unit.unit()));
    }
    for (int i = 0; i < unit.splits_size(); i++) inputs.push_back({unit.scans(i), unit.splits(i)});
  }
  const std::set<ScanId> partial(finished.partial_scans().begin(), finished.partial_scans().end());
  ARROW_RETURN_NOT_OK(splits_.Finish(task.key.stage, task.key.task, task.key.attempt, inputs, partial));
  ARROW_RETURN_NOT_OK(CheckInputs(task, finished));
  ARROW_RETURN_NOT_OK(audit_.AddProducer(request_.plan.stage(task.key.stage).output, task.key.task, units));
  return tasks_.IsStageFinished(task.key.stage) ? splits_.CheckStage(task.key.stage) : arrow::Status::OK();
}

arrow::Status QueryState::CheckInputs(const TaskEntry& task, const wire::TaskFinished& finished) {
  const auto& inputs = request_.plan.stage(task.key.stage).inputs;
  for (const auto& ledger : finished.ledgers()) {
    if (std::find(inputs.begin(), inputs.end(), ledger.exchange()) == inputs.end()) {
      return InternalError("a ledger of a foreign exchange: " + task.key.ToString() +
                           " exchange=" + std::to_string(ledger.exchange()));
    }
    if (ledger.is_partial()) {
      audit_.SkipConsumer(ledger.exchange(), task.key.task);
    } else {
      ARROW_RETURN_NOT_OK(
          audit_.AddConsumer(ledger.exchange(), task.key.task, {ledger.count(), ledger.sum(), ledger.exclusive_or()}));
    }
  }
  return arrow::Status::OK();
}

void QueryState::OnTaskFailed(const wire::TaskFailed& failed) {
  if (TakeEndOfOrderedRun(failed.name(), &failed)) return;
  TaskEntry* task = FindRunning(failed.name());
  if (task == nullptr) return;
  const auto status = FromWire(failed.error());
  task->state = TaskState::kFailed;
  record_->UpdateTask(task->key.stage, task->key.task,
                      [&](TaskInfo& info) { info.state = status.IsCancelled() ? "cancelled" : "failed"; });
  if (IsOfTheData(status)) return OnDataError(*task, failed);
  OnError(status);
  EndIfFirstErrorIsCertain();
}

}  // namespace skein::core
