// The queries on one worker: which stream each belongs to, its grant and its tasks, from the request for a grant to the
// release. Releases are finished by one thread of its own. Owned by the worker node; any thread may call.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "base/mutex.h"
#include "worker/control_peer.h"
#include "worker/grants.h"
#include "worker/peer_leases.h"
#include "worker/recent_queries.h"
#include "worker/task_runner.h"

namespace skein::core {

struct QueryTableOptions {
  GrantAmount capacity;
  /// Queries that may be known at once, in line or running.
  uint32_t query_limit = 4096;
  /// How long a coordinator may be silent at least.
  std::chrono::milliseconds lease_floor{10000};
  /// How often leases are looked at.
  std::chrono::milliseconds lease_interval{500};
};

class QueryTable {
 public:
  /// `environment` must outlive the table.
  QueryTable(QueryTableOptions options, TaskEnvironment& environment);
  /// Cancels all tasks and waits for the release of every query.
  ~QueryTable();

  /// Lets the stream of `peer` have queries, until it leaves or its lease is over.
  void Join(const std::shared_ptr<ControlPeer>& peer, const wire::Hello& hello);
  /// Does what one message says; answers go to `peer`. Does not wait for tasks.
  void Handle(const std::shared_ptr<ControlPeer>& peer, wire::ToWorker message);
  /// Releases all queries of the stream.
  void Leave(const std::shared_ptr<ControlPeer>& peer);

 private:
  using Clock = std::chrono::steady_clock;
  struct Query {
    QueryId id;
    std::shared_ptr<ControlPeer> peer;
    bool is_granted = false;
    bool is_releasing = false;
    std::map<TaskKey, std::shared_ptr<TaskRunner>> tasks;
    Clock::time_point release_began;
    bool is_late = false;  // a warning was written
  };
  enum class Standing { kNew, kInLine, kGranted };
  using QueryPtr = std::shared_ptr<Query>;
  using Runners = std::vector<std::shared_ptr<TaskRunner>>;

  void AskGrant(const std::shared_ptr<ControlPeer>& peer, const wire::GrantRequest& request);
  void AnswerGrant(const QueryId& id, const arrow::Status& status);
  void StartTask(const std::shared_ptr<ControlPeer>& peer, wire::StartTask start);
  void ReleaseQuery(const std::shared_ptr<ControlPeer>& peer, const wire::ReleaseQuery& release);
  /// Tells the stream that the worker can run no further task, once that is so.
  void TellIfEnding(ControlPeer& peer) const;
  void AnswerPing(ControlPeer& peer, const wire::Ping& ping) const;
  /// Tells how far each running task of the stream is.
  void ReportProgress(const ControlPeer& peer) const;
  std::shared_ptr<TaskRunner> FindTask(const ControlPeer& peer, const wire::TaskName& name);

  arrow::Result<Standing> EnterLine(const QueryId& id, const std::shared_ptr<ControlPeer>& peer) REQUIRES(mutex_);
  arrow::Result<std::shared_ptr<TaskRunner>> AddTask(const TaskKey& key, const std::shared_ptr<ControlPeer>& peer,
                                                     wire::StartTask start) REQUIRES(mutex_);
  QueryPtr FindQuery(const QueryId& id, const ControlPeer& peer) const REQUIRES(mutex_);
  /// Queues the query for the reaper; returns the tasks that the caller must cancel without the lock.
  Runners BeginRelease(const QueryPtr& query) REQUIRES(mutex_);

  void Reap();
  /// Finishes a release; false when a task has not ended yet.
  bool TryFinishRelease(Query& query);
  void EndLeases();

  const QueryTableOptions options_;
  TaskEnvironment& environment_;
  PeerLeases leases_;
  mutable Mutex mutex_;
  ConditionVariable changed_;
  std::set<const ControlPeer*> peers_ GUARDED_BY(mutex_);
  std::map<QueryId, QueryPtr> queries_ GUARDED_BY(mutex_);
  std::deque<QueryPtr> releases_ GUARDED_BY(mutex_);  // each query stands in it at most once
  RecentQueries released_ GUARDED_BY(mutex_);
  bool is_closing_ GUARDED_BY(mutex_) = false;
  Grants grants_;
  std::thread reaper_;
};

}  // namespace skein::core
