#include "worker/query_table.h"

#include <sys/resource.h>

#include <utility>

#include "base/error.h"
#include "base/mutex.h"
#include "base/valid_text.h"
#include "worker/task_report.h"
#include "worker/wire_convert.h"

namespace skein::core {
namespace {

wire::FromWorker GrantReplyMessage(const std::string& query, const arrow::Status& status) {
  wire::FromWorker message;
  message.mutable_grant()->set_query(query);
  message.mutable_grant()->set_is_granted(status.ok());
  if (!status.ok()) *message.mutable_grant()->mutable_error() = ToWire(status);
  return message;
}

uint64_t ProcessCpuMicroseconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto microseconds = [](const timeval& time) {
    return static_cast<uint64_t>(time.tv_sec) * 1'000'000 + static_cast<uint64_t>(time.tv_usec);
  };
  return microseconds(usage.ru_utime) + microseconds(usage.ru_stime);
}

}  // namespace

QueryTable::QueryTable(QueryTableOptions options, TaskEnvironment& environment)
    : options_(options),
      environment_(environment),
      leases_(options.lease_floor),
      grants_(options.capacity),
      reaper_([this] { Reap(); }) {}

void QueryTable::Join(const std::shared_ptr<ControlPeer>& peer, const wire::Hello& hello) {
  leases_.Join(peer, std::chrono::milliseconds(hello.heartbeat_interval_ms()), Clock::now());
  MutexLock lock(mutex_);
  peers_.insert(peer.get());
}

void QueryTable::Handle(const std::shared_ptr<ControlPeer>& peer, wire::ToWorker message) {
  leases_.Heard(*peer, Clock::now());
  TellIfEnding(*peer);
  switch (message.message_case()) {
    case wire::ToWorker::kGrant:
      return AskGrant(peer, message.grant());
    case wire::ToWorker::kStart:
      return StartTask(peer, std::move(*message.mutable_start()));
    case wire::ToWorker::kSplits:
      if (auto task = FindTask(*peer, message.splits().name())) task->GiveSplits(message.splits().splits());
      return;
    case wire::ToWorker::kProducers:
      if (auto task = FindTask(*peer, message.producers().name())) task->AmendProducers(message.producers());
      return;
    case wire::ToWorker::kRelease:
      return ReleaseQuery(peer, message.release());
    case wire::ToWorker::kPing:
      AnswerPing(*peer, message.ping());
      return ReportProgress(*peer);
    case wire::ToWorker::kCancel:
      if (auto task = FindTask(*peer, message.cancel().name())) task->Cancel(CancelledError(message.cancel().reason()));
      return;
    case wire::ToWorker::kHello:  // of a stream that has joined: a second delivery
    case wire::ToWorker::MESSAGE_NOT_SET:
      return;
  }
}

arrow::Result<QueryTable::Standing> QueryTable::EnterLine(const QueryId& id, const std::shared_ptr<ControlPeer>& peer) {
  if (!peers_.contains(peer.get())) return CancelledError("the coordinator's stream has ended");
  if (auto found = queries_.find(id); found != queries_.end()) {
    const Query& query = *found->second;
    if (query.peer != peer) return WorldError("the query belongs to another stream: query=" + id.ToString());
    if (query.is_releasing) return CancelledError("the query is being released: query=" + id.ToString());
    return query.is_granted ? Standing::kGranted : Standing::kInLine;
  }
  if (released_.Contains(id)) return CancelledError("the query was released: query=" + id.ToString());
  if (queries_.size() >= options_.query_limit) {
    return Unavailable("too many queries on the worker: limit=" + std::to_string(options_.query_limit));
  }
  auto query = std::make_shared<Query>();
  query->id = id;
  query->peer = peer;
  queries_.emplace(id, std::move(query));
  return Standing::kNew;
}

void QueryTable::AskGrant(const std::shared_ptr<ControlPeer>& peer, const wire::GrantRequest& request) {
  const auto id = QueryId::FromBytes(request.query());
  if (!id.ok()) return peer->Send(GrantReplyMessage(request.query(), id.status()));
  arrow::Result<Standing> standing = Standing::kNew;
  {
    MutexLock lock(mutex_);
    standing = EnterLine(*id, peer);
  }
  if (!standing.ok() || *standing == Standing::kGranted) {
    return peer->Send(GrantReplyMessage(request.query(), standing.status()));
  }
  if (*standing == Standing::kInLine) return;
  grants_.Request(*id, {request.task_slots(), request.memory_bytes()}, std::chrono::milliseconds(request.deadline_ms()),
                  [this, id = *id](const arrow::Status& status) { AnswerGrant(id, status); });
}

void QueryTable::AnswerGrant(const QueryId& id, const arrow::Status& status) {
  std::shared_ptr<ControlPeer> peer;
  bool is_known = false;
  {
    MutexLock lock(mutex_);
    if (auto found = queries_.find(id); found != queries_.end()) {
      is_known = true;
      Query& query = *found->second;
      if (!query.is_releasing) peer = query.peer;
      query.is_granted = status.ok();
      if (!status.ok() && !query.is_releasing) queries_.erase(found);
    }
  }
  if (!is_known) return grants_.Release(id);  // released while the answer was on its way
  if (peer) peer->Send(GrantReplyMessage(id.ToBytes(), status));
}

QueryTable::QueryPtr QueryTable::FindQuery(const QueryId& id, const ControlPeer& peer) const {
  auto found = queries_.find(id);
  return found != queries_.end() && found->second->peer.get() == &peer ? found->second : nullptr;
}

arrow::Result<std::shared_ptr<TaskRunner>> QueryTable::AddTask(const TaskKey& key,
                                                               const std::shared_ptr<ControlPeer>& peer,
                                                               wire::StartTask start) {
  const QueryPtr query = FindQuery(key.query, *peer);
  if (!query || !query->is_granted || query->is_releasing) {
    return WorldError("task refused, its query has no grant here: query=" + key.query.ToString() + " " +
                      key.ToString());
  }
  if (query->tasks.contains(key)) return nullptr;
  auto runner =
      std::make_shared<TaskRunner>(environment_, key, std::move(start), [this, peer](const wire::FromWorker& report) {
        // Before the failure itself: who hears of it must not send the next query here.
        if (report.has_failed()) TellIfEnding(*peer);
        peer->Send(report);
      });
  query->tasks.emplace(key, runner);
  return runner;
}

void QueryTable::StartTask(const std::shared_ptr<ControlPeer>& peer, wire::StartTask start) {
  const wire::TaskName name = start.name();
  const auto key = FromWire(name);
  if (!key.ok()) return peer->Send(TaskFailedMessage(name, key.status()));
  if (key->incarnation != environment_.incarnation) {
    return peer->Send(TaskFailedMessage(
        name, Unavailable("task refused, it is for another incarnation of the worker: " + key->ToString())));
  }
  arrow::Result<std::shared_ptr<TaskRunner>> runner = nullptr;
  {
    MutexLock lock(mutex_);
    runner = AddTask(*key, peer, std::move(start));
  }
  if (!runner.ok()) return peer->Send(TaskFailedMessage(name, runner.status()));
  if (*runner) (*runner)->Start();
}

std::shared_ptr<TaskRunner> QueryTable::FindTask(const ControlPeer& peer, const wire::TaskName& name) {
  const auto key = FromWire(name);
  if (!key.ok()) return nullptr;
  MutexLock lock(mutex_);
  const QueryPtr query = FindQuery(key->query, peer);
  if (!query) return nullptr;
  auto task = query->tasks.find(*key);
  return task != query->tasks.end() ? task->second : nullptr;
}

void QueryTable::TellIfEnding(ControlPeer& peer) const {
  const auto health = environment_.engine.health();
  if (health.ok()) return;
  wire::FromWorker message;
  message.mutable_ending()->set_reason(ValidText(health.message()));
  peer.Send(message);
}

void QueryTable::AnswerPing(ControlPeer& peer, const wire::Ping& ping) const {
  const RetainedStoreUsage usage = environment_.store.Usage();
  wire::FromWorker message;
  wire::Heartbeat& heartbeat = *message.mutable_heartbeat();
  heartbeat.set_sequence(ping.sequence());
  heartbeat.set_running_tasks(environment_.running_tasks);
  heartbeat.set_retained_memory_bytes(usage.memory_bytes);
  heartbeat.set_retained_disk_bytes(usage.disk_bytes);
  heartbeat.set_cpu_us(ProcessCpuMicroseconds());
  peer.Send(message);
}

void QueryTable::ReportProgress(const ControlPeer& peer) const {
  Runners running;
  {
    MutexLock lock(mutex_);
    for (const auto& [id, query] : queries_) {
      if (query->peer.get() != &peer || query->is_releasing) continue;
      for (const auto& [key, task] : query->tasks) running.push_back(task);
    }
  }
  for (const auto& task : running) task->ReportProgress();
}

}  // namespace skein::core
