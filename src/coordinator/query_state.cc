#include "coordinator/query_state.h"

#include <algorithm>
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

bool IsWeak(const arrow::Status& status) {
  const auto* detail = DetailOf(status);
  return status.IsCancelled() || (detail != nullptr && detail->is_retryable());
}

std::string NameOf(const QueryWorker& worker) {
  return "worker=" + std::to_string(worker.worker) + " address=" + worker.address;
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

// ---- granting, and the time-out of the tasks

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

// ---- events

void QueryState::OnMessage(uint32_t worker, Incarnation incarnation, const wire::FromWorker& message) {
  const auto& workers = tasks_.workers();
  for (size_t i = 0; i < workers.size(); i++) {
    if (workers[i].worker != worker || workers[i].incarnation != incarnation) continue;
    // A worker speaks of its own tasks only.
    if (const auto* task = TaskOf(message); task != nullptr && task->incarnation() != incarnation) return;
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
