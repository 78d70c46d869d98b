// The queries of an executor: known by their ids, in line for their turn, run again as the retry policy says, and kept
// a while once they are over. Each has a thread of its own. Owned by the executor; any thread, but where it says
// otherwise.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "api/query_run.h"
#include "base/mutex.h"
#include "coordinator/retry_policy.h"

namespace skein {

class QueryRuns {
 public:
  QueryRuns(size_t max_concurrent, size_t max_queued, uint32_t max_attempts);

  /// Puts a query in line and starts its thread, which calls `drive`. Errors: too many are there, the system has no
  /// thread for it.
  arrow::Result<std::shared_ptr<QueryRun>> Enter(const std::string& sql, std::shared_ptr<PlanState> plan,
                                                 std::function<void(QueryRun&)> drive);
  /// Stops all queries and waits for their threads.
  void StopAll();

  // --- on the thread of the query
  /// Waits for the query's turn; false when it was cancelled in line.
  bool WaitForTurn(QueryRun& run);
  void CountAttempt(QueryRun& run);
  /// Waits until the policy lets the query run again; false when it does not, or the query was cancelled.
  bool WaitForRetry(QueryRun& run, const arrow::Status& error);
  void Finish(QueryRun& run, QueryRun::Outcome outcome);

  /// Waits for the end of the query and takes its rows, once.
  QueryRun::Outcome TakeRows(QueryRun& run);
  arrow::Status Cancel(QueryId query);
  arrow::Result<std::shared_ptr<QueryRun>> Find(QueryId query) const;
  size_t running() const;
  /// What guards the fields of the runs.
  core::Mutex& mutex() const { return mutex_; }

 private:
  arrow::Status StartInLine(const std::shared_ptr<QueryRun>& run, std::function<void(QueryRun&)> drive)
      REQUIRES(mutex_);
  /// Takes out what is over since long; the caller joins it without the mutex.
  std::vector<std::shared_ptr<QueryRun>> TakeForgotten() REQUIRES(mutex_);

  const size_t max_concurrent_;
  const size_t max_queued_;
  mutable core::Mutex mutex_;
  core::ConditionVariable changed_;
  std::map<QueryId, std::shared_ptr<QueryRun>> runs_ GUARDED_BY(mutex_);
  std::deque<QueryId> line_ GUARDED_BY(mutex_);
  size_t running_ GUARDED_BY(mutex_) = 0;
  QueryId next_id_ GUARDED_BY(mutex_) = 1;
  core::RetryPolicy retries_ GUARDED_BY(mutex_);
};

}  // namespace skein
