// What to do when tasks and workers fail, and what has been done of a query already. Owned by whoever runs the query;
// any thread may call. Nothing waits: the caller does, and turns to NextRetry.
//
//   skein::FaultManager faults{skein::FaultConfig{}};
//   const auto action = faults.HandleTaskFailure({query}, worker, error);
//   if (const auto* fail = std::get_if<skein::Fail>(&action)) return error;
//   WaitFor(std::get<skein::Retry>(action).delay_ms);
//   if (auto retry = faults.NextRetry()) Run(retry->task, retry->attempt);
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include <arrow/record_batch.h>
#include <arrow/result.h>
#include <arrow/status.h>

#include "skein/export.h"
#include "skein/task_id.h"

namespace skein {

struct FaultConfig {
  /// How often a task may run, the first attempt included.
  uint32_t max_task_attempts = 3;
  /// How many retries all tasks of one query may have together.
  uint32_t max_query_retries = 16;
  /// The first retry of a task comes at once, the second one after this, each further one after twice the time.
  uint32_t retry_delay_ms = 1000;
  uint32_t max_retry_delay_ms = 30000;
  /// A worker that has failed so often, without a success between, is to be removed.
  uint32_t worker_failure_threshold = 3;
  bool enable_checkpoints = true;
  /// How old the last checkpoint of a query may get before IsCheckpointDue.
  uint32_t checkpoint_interval_ms = 30000;
  /// Where checkpoints are kept; made, for this user only, where it is missing. Empty: a folder among the system's
  /// temporary files, which the destructor removes.
  std::string checkpoint_directory;
};

/// The task runs again; NextRetry gives it out when the delay is over.
struct Retry {
  int64_t delay_ms = 0;
};
/// The query has failed.
struct Fail {
  std::string reason;
};
using TaskRecoveryAction = std::variant<Retry, Fail>;

/// No further tasks for this worker until it is heard of again.
struct MarkUnhealthy {
  uint32_t worker = 0;
  uint32_t failures = 0;
};
/// The worker is to leave the cluster.
struct Remove {
  uint32_t worker = 0;
  std::string reason;
};
using WorkerRecoveryAction = std::variant<MarkUnhealthy, Remove>;

struct RetryTask {
  TaskId task;
  /// Counts from 0, so a first retry is 1.
  uint32_t attempt = 0;
  /// On which worker it failed last.
  uint32_t failed_worker = 0;
};

struct FaultStats {
  uint64_t total_failed_tasks = 0;  // attempts
  uint64_t total_retries = 0;
  uint64_t given_up_tasks = 0;
  uint64_t pending_retries = 0;
  uint64_t total_worker_failures = 0;
  uint64_t removed_workers = 0;
  uint64_t checkpoints = 0;  // kept now, of this manager
};

/// Where a query can go on.
struct RecoveryPlan {
  /// The lowest stage that is not completed.
  uint32_t resume_from_stage = 0;
  std::vector<uint32_t> completed_stages;
  /// What was kept of completed stages.
  std::map<uint32_t, arrow::RecordBatchVector> data;
};

class SKEIN_EXPORT FaultManager {
 public:
  /// Says what time it is; of one that does not go back.
  using Clock = std::function<std::chrono::steady_clock::time_point()>;

  explicit FaultManager(FaultConfig config);
  FaultManager(FaultConfig config, Clock clock);
  /// Drops the checkpoints that this manager has made.
  ~FaultManager();

  /// Decides what follows on the failure of a task's latest attempt. Only an error whose own fields say that it may be
  /// retried (a lost worker, a broken connection) is, within the limits of the config. A task whose query has failed is
  /// never retried. REQUIRES: `error` is not ok.
  TaskRecoveryAction HandleTaskFailure(const TaskId& task, uint32_t worker, const arrow::Status& error);
  /// Takes the retry whose delay has been over the longest; nothing where there is none.
  std::optional<RetryTask> NextRetry();
  /// Says after how many milliseconds NextRetry has something, 0 for now; nothing where no retry waits.
  std::optional<int64_t> NextRetryDelayMs() const;
  /// Forgets the failures and retries of a query: to be called when it ends. Its checkpoint stays.
  void ForgetQuery(const std::string& query);

  /// Counts a failure of a worker and says what to do with it.
  WorkerRecoveryAction HandleWorkerFailure(uint32_t worker);
  /// Forgets the failures of a worker that works.
  void HandleWorkerSuccess(uint32_t worker);

  FaultStats GetStats() const;

  /// Says whether a query has no checkpoint, or an old one; never, where they are not enabled.
  bool IsCheckpointDue(const std::string& query) const;
  /// Keeps what is done of a query, in place of what was kept before: a reader finds the one or the other, never a
  /// part. Ids have 1 to 64 characters of A-Z a-z 0-9 - _. Errors (Invalid): another id, data of a stage that is not
  /// completed or without a batch, checkpoints not enabled; (IOError): the files cannot be written.
  arrow::Status CreateCheckpoint(const std::string& query, const std::vector<uint32_t>& completed_stages,
                                 const std::map<uint32_t, arrow::RecordBatchVector>& data);
  /// Reads what was kept of a query, also by an earlier process in the same directory; nothing where that is none.
  /// Errors (IOError, Invalid): the files are damaged or cannot be read, with the file's name.
  arrow::Result<std::optional<RecoveryPlan>> RecoverFromCheckpoint(const std::string& query) const;
  /// Removes what was kept of a query, if there is anything.
  arrow::Status DropCheckpoint(const std::string& query);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace skein
