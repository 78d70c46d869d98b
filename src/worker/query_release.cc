// The end of queries: releases asked for, streams that left, leases that ran out, and the reaper that finishes them.
#include <utility>

#include "base/error.h"
#include "base/mutex.h"
#include "worker/query_table.h"
#include "worker/worker_log.h"

namespace skein::core {
namespace {

/// How long the reaper waits for one query before it looks at the next.
constexpr std::chrono::milliseconds kReapWait{50};
constexpr std::chrono::seconds kLateRelease{5};

wire::FromWorker QueryReleasedMessage(const std::string& query) {
  wire::FromWorker message;
  message.mutable_released()->set_query(query);
  return message;
}

template <typename Runners>
void CancelAll(const Runners& runners, const std::string& reason) {
  for (const auto& runner : runners) runner->Cancel(CancelledError(reason));
}

}  // namespace

QueryTable::~QueryTable() {
  Runners runners;
  {
    MutexLock lock(mutex_);
    is_closing_ = true;
    peers_.clear();
    for (const auto& [id, query] : queries_) {
      for (auto& runner : BeginRelease(query)) runners.push_back(std::move(runner));
    }
    changed_.NotifyAll();
  }
  CancelAll(runners, "the worker is shutting down");
  reaper_.join();
}

void QueryTable::Leave(const std::shared_ptr<ControlPeer>& peer) {
  leases_.Leave(*peer);
  Runners runners;
  {
    MutexLock lock(mutex_);
    peers_.erase(peer.get());
    for (const auto& [id, query] : queries_) {
      if (query->peer != peer) continue;
      for (auto& runner : BeginRelease(query)) runners.push_back(std::move(runner));
    }
  }
  CancelAll(runners, "the coordinator's stream has ended");
}

void QueryTable::ReleaseQuery(const std::shared_ptr<ControlPeer>& peer, const wire::ReleaseQuery& release) {
  const auto id = QueryId::FromBytes(release.query());
  Runners runners;
  bool is_known = false;
  if (id.ok()) {
    MutexLock lock(mutex_);
    const QueryPtr query = FindQuery(*id, *peer);
    is_known = query != nullptr;
    if (query) {
      runners = BeginRelease(query);
    } else if (!queries_.contains(*id)) {
      released_.Add(*id);
    }
  }
  if (!is_known) return peer->Send(QueryReleasedMessage(release.query()));
  CancelAll(runners, release.reason().empty() ? "the query has ended" : release.reason());
}

QueryTable::Runners QueryTable::BeginRelease(const QueryPtr& query) {
  Runners runners;
  if (query->is_releasing) return runners;
  query->is_releasing = true;
  query->release_began = Clock::now();
  for (const auto& [key, runner] : query->tasks) runners.push_back(runner);
  releases_.push_back(query);
  changed_.NotifyAll();
  return runners;
}

void QueryTable::Reap() {
  MutexLock lock(mutex_);
  while (!is_closing_ || !queries_.empty()) {
    changed_.WaitFor(mutex_, options_.lease_interval,
                     [this]() REQUIRES(mutex_) { return !releases_.empty() || (is_closing_ && queries_.empty()); });
    QueryPtr query;
    if (!releases_.empty()) {
      query = std::move(releases_.front());
      releases_.pop_front();
    }
    lock.Unlock();
    const bool is_released = query && TryFinishRelease(*query);
    EndLeases();
    lock.Lock();
    if (query && !is_released) releases_.push_back(std::move(query));
  }
}

bool QueryTable::TryFinishRelease(Query& query) {
  // Nobody adds tasks to a query that is being released, so they may be read without the lock.
  for (const auto& [key, runner] : query.tasks) {
    if (runner->WaitUntilReported(kReapWait)) continue;
    if (!query.is_late && Clock::now() - query.release_began > kLateRelease) {
      query.is_late = true;
      LogWarning("release waits for a task that does not end: query=" + query.id.ToString() + " " + key.ToString());
    }
    return false;
  }
  std::map<TaskKey, std::shared_ptr<TaskRunner>> ended;
  {
    MutexLock lock(mutex_);
    ended.swap(query.tasks);
  }
  ended.clear();
  environment_.store.DropQuery(query.id);
  grants_.Release(query.id);
  {
    MutexLock lock(mutex_);
    released_.Add(query.id);
    queries_.erase(query.id);
  }
  query.peer->Send(QueryReleasedMessage(query.id.ToBytes()));
  return true;
}

void QueryTable::EndLeases() {
  for (const auto& peer : leases_.TakeExpired(Clock::now())) {
    LogWarning("a coordinator has been silent for too long: its queries are released");
    peer->Close();
    Leave(peer);
  }
}

}  // namespace skein::core
