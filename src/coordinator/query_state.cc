#include "coordinator/query_state.h"

#include <algorithm>
#include <set>
#include <utility>

#include "base/error.h"
#include "base/valid_text.h"
#include "coordinator/stage_figures.h"
#include "exchange/unit_totals.h"
#include "worker/wire_convert.h"

namespace skein::core {
namespace {

/// The worker refuses at the deadline itself and says why; only a silent one is noticed by our own timer.
constexpr std::chrono::milliseconds kGrantSlack{500};
constexpr uint32_t kMaxSplitsAtOnce = 1024;

bool IsWeak(const arrow::Status& status) {
  const auto* detail = DetailOf(status);
  return status.IsCancelled() || (detail != nullptr && detail->is_retryable());
}

std::string NameOf(const QueryWorker& worker) {
  return "worker=" + std::to_string(worker.worker) + " address=" + worker.address;
}

void FillSplits(ScanId scan, const std::vector<Split>& splits, wire::ScanSplits& out) {
  out.set_scan(scan);
  for (const auto& split : splits) *out.add_splits() = ToWire(split);
}

}  // namespace

QueryState::QueryState(const QueryId& query, QueryRequest request, std::vector<QueryWorker> workers, uint64_t rotation,
                       QueryOptions options, Timers& timers, Uploader& uploader, QueryObserver& observer)
    : query_(query),
      request_(std::move(request)),
      options_(options),
      timers_(timers),
      uploader_(uploader),
      observer_(observer),
      start_(timers.Now()),
      tasks_(request_.plan, query, std::move(workers), rotation),
      splits_(request_.plan, std::move(request_.splits)),
      audit_(request_.plan),
      first_error_(request_.plan, tasks_),
      record_(MakeRecord()) {}

QueryState::~QueryState() { CancelTimers(); }

std::shared_ptr<QueryRecord> QueryState::MakeRecord() const {
  std::vector<TaskInfo> infos;
  for (StageId stage = 0; stage < tasks_.stage_count(); stage++) {
    for (const auto& task : tasks_.tasks(stage)) {
      TaskInfo info;
      info.query = query_;
      info.stage = stage;
      info.task = task.key.task;
      info.attempt = task.key.attempt;
      info.worker = tasks_.workers()[task.worker].worker;
      infos.push_back(std::move(info));
    }
  }
  QueryInfo info;
  info.query = query_;
  info.sql = request_.sql;
  info.stages = static_cast<uint32_t>(request_.plan.stages.size());
  return std::make_shared<QueryRecord>(std::move(info), DescribeStages(query_, request_.plan), std::move(infos),
                                       start_);
}

// ---- granting

void QueryState::Start() {
  if (const auto fits = tasks_.CheckSlots(); !fits.ok()) return End("failed", fits);
  grant_timer_ = timers_.After(options_.grant_deadline + kGrantSlack, [this] { OnGrantDeadline(); });
  AskNextGrant();
}

void QueryState::AskNextGrant() {
  while (next_worker_ < tasks_.workers().size() && !tasks_.IsUsed(next_worker_)) next_worker_++;
  if (next_worker_ == tasks_.workers().size()) return StartTasks();
  const size_t worker = next_worker_++;
  const auto waited = std::chrono::duration_cast<std::chrono::milliseconds>(timers_.Now() - start_);
  const auto left = std::max(options_.grant_deadline - waited, std::chrono::milliseconds(1));
  wire::ToWorker message;
  auto& grant = *message.mutable_grant();
  grant.set_query(query_.ToBytes());
  grant.set_task_slots(tasks_.CountOn(worker));
  // Never more than half of a worker: a small one still runs a query of many tasks, and spills.
  const uint64_t memory_bytes = tasks_.workers()[worker].memory_bytes;
  const uint64_t wanted_bytes = tasks_.CountOn(worker) * options_.task_memory_bytes;
  grant.set_memory_bytes(memory_bytes > 0 ? std::min(wanted_bytes, memory_bytes / 2) : wanted_bytes);
  grant.set_deadline_ms(static_cast<uint32_t>(left.count()));
  SendTo(worker, std::move(message));
}

void QueryState::OnGrant(size_t worker, const wire::GrantReply& reply) {
  if (state_ != State::kGranting || worker + 1 != next_worker_) return;  // a repeated reply
  if (reply.is_granted()) return AskNextGrant();
  End("failed", FromWire(reply.error()));
}

void QueryState::OnGrantDeadline() {
  grant_timer_ = 0;
  if (state_ != State::kGranting) return;
  End("failed", Unavailable("no grant in time: " + NameOf(tasks_.workers()[next_worker_ - 1]) +
                            " after_ms=" + MillisecondsSinceStart()));
}

// ---- running

void QueryState::OnTaskTimeout() {
  task_timer_ = 0;
  for (StageId stage = 0; stage < tasks_.stage_count(); stage++) {
    for (const auto& task : tasks_.tasks(stage)) {
      if (task.state != TaskState::kRunning) continue;
      return End("failed",
                 WorldError("a task ran longer than the task time-out: stage=" + std::to_string(stage) +
                            " task=" + std::to_string(task.key.task) + " " + NameOf(tasks_.workers()[task.worker]) +
                            " after_ms=" + std::to_string(request_.task_timeout.count())));
    }
  }
}

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
  for (uint32_t round = 0; round < max_rounds; round++) {
    for (const auto& task : tasks_.tasks(stage)) {
      if (round >= quota(task)) continue;
      for (auto& split : splits_.Take({stage, scan}, task.key.task, task.key.attempt, 1)) {
        first[task.key.task].push_back(std::move(split));
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
    info.operators.clear();
    for (const auto& figures : finished.operators()) info.operators.push_back(FromWire(figures));
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

// ---- events

void QueryState::OnMessage(uint32_t worker, Incarnation incarnation, const wire::FromWorker& message) {
  const auto& workers = tasks_.workers();
  for (size_t i = 0; i < workers.size(); i++) {
    if (workers[i].worker != worker || workers[i].incarnation != incarnation) continue;
    if (message.has_grant()) return OnGrant(i, message.grant());
    if (message.has_split_request()) return OnSplitRequest(message.split_request());
    if (message.has_progress()) return OnTaskProgress(message.progress());
    if (message.has_finished()) return OnTaskFinished(message.finished());
    if (message.has_failed()) return OnTaskFailed(message.failed());
  }
}

void QueryState::OnUploaded(ExchangeId exchange, const arrow::Result<UnitTrailer>& stored) {
  if (state_ != State::kRunning || !uploading_.contains(exchange)) return;
  if (!stored.ok()) {
    if (!audit_.AreAllSkipped(exchange)) OnError(stored.status());
    return;
  }
  uploading_.erase(exchange);
  record_->AddUploaded(UnitTotals::Of(*stored).bytes);
  FinishIfDone();
}

void QueryState::OnWorkerLost(uint32_t worker, Incarnation incarnation, const std::string& reason) {
  const auto& workers = tasks_.workers();
  for (size_t i = 0; i < workers.size(); i++) {
    if (workers[i].worker != worker || workers[i].incarnation != incarnation || !IsNeeded(i)) continue;
    return End("failed", Unavailable("worker lost: " + NameOf(workers[i]) + " stage=" + std::to_string(StageOf(i)) +
                                     " after_ms=" + MillisecondsSinceStart() + ": " + reason));
  }
}

void QueryState::OnClientTaken(const IdSummary& taken) {
  if (is_client_done_ || state_ == State::kEnded) return;
  is_client_done_ = true;
  const auto status = audit_.AddConsumer(client_exchange(), 0, taken);
  if (!status.ok()) return End("failed", status);
  if (state_ != State::kFinished) return;
  Release("");
  observer_.OnFinished(true);
}

void QueryState::OnClientStopped() {
  if (is_client_done_ || state_ == State::kEnded) return;
  is_client_done_ = true;
  CancelTimers();
  if (state_ != State::kFinished) record_->End("finished", "", timers_.Now());
  state_ = State::kFinished;
  Release("");
  observer_.OnFinished(true);
}

void QueryState::OnClientFailed(const arrow::Status& status) {
  if (!is_client_done_) OnError(status);
}

void QueryState::Cancel(const std::string& reason) {
  if (state_ != State::kFinished) return End("cancelled", CancelledError(reason));
  if (is_released_) return;
  state_ = State::kEnded;  // what the tasks did stays on record; only the client has not taken all of it
  CancelTimers();
  Release(reason);
  observer_.OnFailed(CancelledError(reason));
}

// ---- ending

bool QueryState::AreUploadsDone() const {
  return std::all_of(uploading_.begin(), uploading_.end(),
                     [this](ExchangeId exchange) { return audit_.AreAllSkipped(exchange); });
}

void QueryState::FinishIfDone() {
  if (state_ != State::kRunning || !tasks_.AreAllFinished() || !AreUploadsDone()) return;
  const auto status = audit_.CheckComplete();
  if (!status.ok()) return End("failed", status);
  uploader_.Cancel();         // what nobody wanted to the end
  state_ = State::kFinished;  // an error of the client may still be waiting for its timer
  record_->End("finished", "", timers_.Now());
  if (is_client_done_) Release("");
  observer_.OnFinished(is_client_done_);
}

void QueryState::OnError(const arrow::Status& status) {
  if (state_ == State::kEnded || is_released_) return;
  if (!IsWeak(status)) return End("failed", status);
  if (first_error_.is_known()) return;  // a consequence of it
  const bool says_more = weak_error_.ok() || (weak_error_.IsCancelled() && !status.IsCancelled());
  if (!says_more) return;
  weak_error_ = status;
  timers_.Cancel(std::exchange(settle_timer_, 0));
  const auto wait = status.IsCancelled() ? options_.reason_time : options_.settle_time;
  settle_timer_ = timers_.After(wait, [this] { EndWithWeakError(); });
}

void QueryState::EndWithWeakError() {
  settle_timer_ = 0;
  if (!weak_error_.IsCancelled()) return End("failed", weak_error_);
  // Only the user's own cancellation may look like one.
  End("failed", Unavailable("a task was cancelled and its reason did not arrive: after_ms=" + MillisecondsSinceStart() +
                            ": " + weak_error_.message()));
}

void QueryState::End(const std::string& state, const arrow::Status& status) {
  if (state_ == State::kEnded || is_released_) return;
  state_ = State::kEnded;
  CancelTimers();
  record_->End(state, status.message(), timers_.Now());
  Release(status.message());
  observer_.OnFailed(status);
}

void QueryState::Release(const std::string& reason) {
  if (is_released_) return;
  is_released_ = true;
  uploader_.Cancel();
  for (size_t worker = 0; worker < next_worker_; worker++) {
    if (!tasks_.IsUsed(worker)) continue;
    wire::ToWorker message;
    message.mutable_release()->set_query(query_.ToBytes());
    message.mutable_release()->set_reason(ValidText(reason));
    SendTo(worker, std::move(message));
  }
}

void QueryState::CancelTimers() {
  timers_.Cancel(std::exchange(grant_timer_, 0));
  timers_.Cancel(std::exchange(settle_timer_, 0));
  timers_.Cancel(std::exchange(task_timer_, 0));
}

// ---- looking up

bool QueryState::Has(uint32_t worker, Incarnation incarnation) const {
  return std::any_of(tasks_.workers().begin(), tasks_.workers().end(),
                     [&](const QueryWorker& one) { return one.worker == worker && one.incarnation == incarnation; });
}

TaskEntry* QueryState::FindRunning(const wire::TaskName& name) {
  const auto key = FromWire(name);
  if (!key.ok() || state_ != State::kRunning) return nullptr;
  TaskEntry* task = tasks_.Find(*key);
  return task != nullptr && task->state == TaskState::kRunning ? task : nullptr;
}

void QueryState::SendTo(size_t worker, wire::ToWorker message) {
  // A broken link is reported by its owner as the loss of the worker: one event, whoever notices first.
  (void)tasks_.workers()[worker].link->Send(std::move(message));
}

bool QueryState::IsNeeded(size_t worker) const {
  if (state_ == State::kEnded || is_released_ || !tasks_.IsUsed(worker)) return false;
  if (state_ != State::kFinished) return true;
  const auto& feeding = tasks_.tasks(request_.plan.exchange(client_exchange()).producer);
  return std::any_of(feeding.begin(), feeding.end(), [&](const TaskEntry& task) { return task.worker == worker; });
}

StageId QueryState::StageOf(size_t worker) const {
  StageId last = 0;
  for (const auto& exchange : request_.plan.exchanges) {
    if (tasks_.IsHome(worker, exchange.id)) last = exchange.consumer;
  }
  for (StageId stage = 0; stage < tasks_.stage_count(); stage++) {
    for (const auto& task : tasks_.tasks(stage)) {
      if (task.worker != worker) continue;
      if (task.state != TaskState::kFinished) return stage;
      last = stage;
    }
  }
  return last;
}

ExchangeId QueryState::client_exchange() const { return request_.plan.stages.back().output; }

std::string QueryState::MillisecondsSinceStart() const {
  return std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(timers_.Now() - start_).count());
}

}  // namespace skein::core
