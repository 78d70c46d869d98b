// What people see of one query, and of the last ones: written by the query's state machine, read by the system tables.
// Owned by the cluster; any thread may call.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/mutex.h"
#include "coordinator/cluster.h"
#include "coordinator/timers.h"

namespace skein::core {

class QueryRecord {
 public:
  /// Starts as "running", its tasks as "waiting".
  QueryRecord(QueryInfo query, std::vector<StageInfo> stages, std::vector<TaskInfo> tasks, SteadyTime start);

  /// Ends the query; tasks that have not ended become "cancelled".
  void End(const std::string& state, const std::string& error, SteadyTime now);
  /// Adds rows of the client's process that were stored at a worker.
  void AddUploaded(uint64_t bytes);
  /// Changes what is shown of one task.
  void UpdateTask(StageId stage, uint32_t task, const std::function<void(TaskInfo&)>& change);

  bool is_running() const;
  /// Returns a copy; the time of a running query is counted up to `now`.
  QueryInfo Query(SteadyTime now) const;
  std::vector<TaskInfo> Tasks() const;
  /// The stages with what their tasks have reported so far.
  std::vector<StageInfo> Stages() const;

 private:
  const SteadyTime start_;
  const std::vector<StageInfo> stages_;  // as planned
  mutable Mutex mutex_;
  QueryInfo query_ GUARDED_BY(mutex_);
  std::vector<TaskInfo> tasks_ GUARDED_BY(mutex_);
  uint64_t uploaded_bytes_ GUARDED_BY(mutex_) = 0;
};

class QueryHistory {
 public:
  static constexpr size_t kMaxEnded = 100;

  /// Adds a query and forgets the oldest ended ones over the limit.
  void Add(std::shared_ptr<QueryRecord> record);
  std::vector<QueryInfo> Queries(SteadyTime now) const;
  std::vector<TaskInfo> Tasks() const;
  std::vector<StageInfo> Stages() const;
  uint32_t CountRunning() const;

 private:
  std::deque<std::shared_ptr<QueryRecord>> Copy() const;

  mutable Mutex mutex_;
  std::deque<std::shared_ptr<QueryRecord>> records_ GUARDED_BY(mutex_);  // oldest first
};

}  // namespace skein::core
