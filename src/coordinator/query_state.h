// The state machine of one query: grants, then all tasks at once and the rows of the client, then their ends and the
// checks, then the release.
//
//   granting -> running -> finished -> (client has taken all) released
//       \----------\-----------\----> failed | cancelled, released at once
//
// An error of the data does not end the query before it is known to be the first one (first_error.h).
//
// Driven by messages, losses and timers; sends through WorkerLink; so a test turns it by hand. Tasks are keyed by
// (task, attempt, incarnation): recovery will start further attempts where OnWorkerLost now ends the query. Owned by
// the cluster; the event loop's thread only.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include <arrow/result.h>
#include <arrow/status.h>

#include "coordinator/client_upload.h"
#include "coordinator/exchange_audit.h"
#include "coordinator/first_error.h"
#include "coordinator/query_record.h"
#include "coordinator/query_request.h"
#include "coordinator/split_ledger.h"
#include "coordinator/task_table.h"
#include "coordinator/timers.h"
#include "coordinator/worker_link.h"

namespace skein::core {

struct QueryOptions {
  std::chrono::milliseconds grant_deadline{30000};
  /// An error that a lost worker may have caused waits so long for the loss itself, which says more.
  std::chrono::milliseconds settle_time{500};
  /// A cancellation that nobody asked for waits so long for its reason: the report of the task that failed, or its
  /// loss.
  std::chrono::milliseconds reason_time{5000};
  /// How long an error of the data waits for others that plain order would meet before it.
  std::chrono::milliseconds first_error_time{2000};
  uint64_t task_memory_bytes = uint64_t{16} << 20;
};

/// Whom the query tells; called on the loop's thread.
class QueryObserver {
 public:
  virtual ~QueryObserver() = default;
  /// The tasks that feed the client were started.
  virtual void OnProducers(const std::vector<Producer>& producers) = 0;
  /// All tasks have finished and all ledgers agree; with `is_client_checked` the client's, too (a second call, where
  /// the client took its last row after the tasks had finished).
  virtual void OnFinished(bool is_client_checked) = 0;
  /// The query has failed or was cancelled. Called once, and then nothing else.
  virtual void OnFailed(const arrow::Status& status) = 0;
};

class QueryState {
 public:
  /// `timers`, `uploader` and `observer` must outlive it. REQUIRES: the plan is valid, there are rows for all its
  /// exchanges that start from the client, and a worker is there.
  QueryState(const QueryId& query, QueryRequest request, std::vector<QueryWorker> workers, uint64_t rotation,
             QueryOptions options, Timers& timers, Uploader& uploader, QueryObserver& observer);
  ~QueryState();

  /// Asks the first worker for its grant; fails where a worker never admits the tasks placed on it.
  void Start();
  /// Takes what a worker sent; stale messages (another attempt or incarnation, an ended query) are ignored.
  void OnMessage(uint32_t worker, Incarnation incarnation, const wire::FromWorker& message);
  /// Learns how the upload of an exchange's rows has ended.
  void OnUploaded(ExchangeId exchange, const arrow::Result<UnitTrailer>& stored);
  /// Learns that a worker is gone; the query fails if it needs that worker still.
  void OnWorkerLost(uint32_t worker, Incarnation incarnation, const std::string& reason);
  /// The client has taken all units of its exchange.
  void OnClientTaken(const IdSummary& taken);
  /// The client wants no more rows: ends the query well, without waiting for its tasks.
  void OnClientStopped();
  /// The client cannot read its exchange.
  void OnClientFailed(const arrow::Status& status);
  /// Ends the query and releases its workers, whatever its state.
  void Cancel(const std::string& reason);

  /// Says whether the query was given this worker, in this life.
  bool Has(uint32_t worker, Incarnation incarnation) const;
  /// Says that nothing is left to do: the workers were told to release it.
  bool is_released() const { return is_released_; }
  const std::shared_ptr<QueryRecord>& record() const { return record_; }

 private:
  enum class State { kGranting, kRunning, kFinished, kEnded };

  // --- granting
  void AskNextGrant();
  void OnGrant(size_t worker, const wire::GrantReply& reply);
  void OnGrantDeadline();
  void OnTaskTimeout();
  // --- running (query_tasks.cc)
  void StartTasks();
  void StartUploads();
  std::vector<wire::StartTask> MakeStageStarts(StageId stage);
  void AddFirstSplits(StageId stage, ScanId scan, std::vector<wire::StartTask>& starts);
  void OnSplitRequest(const wire::SplitRequest& request);
  void OnTaskProgress(const wire::TaskProgress& progress);
  void OnTaskFinished(const wire::TaskFinished& finished);
  void OnTaskFailed(const wire::TaskFailed& failed);
  arrow::Status CheckTask(const TaskEntry& task, const wire::TaskFinished& finished);
  arrow::Status CheckInputs(const TaskEntry& task, const wire::TaskFinished& finished);
  void RecordTask(const TaskEntry& task, const wire::TaskFinished& finished);
  // --- errors of the data (query_first_error.cc)
  void OnDataError(const TaskEntry& task, const wire::TaskFailed& failed);
  /// Takes the end of an ordered run, its error or null; false when the message is about something else.
  bool TakeEndOfOrderedRun(const wire::TaskName& name, const wire::TaskFailed* failed);
  void StartOrderedRun(const std::optional<OrderedRun>& run);
  void EndIfFirstErrorIsCertain();
  // --- ending
  bool AreUploadsDone() const;
  void FinishIfDone();
  /// Takes an error of a task or of the client: ends the query with it, at once or when nothing better came in time.
  void OnError(const arrow::Status& status);
  void EndWithWeakError();
  void End(const std::string& state, const arrow::Status& status);
  void Release(const std::string& reason);
  void CancelTimers();

  /// Returns the task that a message names, if it is the current attempt and runs; otherwise null.
  TaskEntry* FindRunning(const wire::TaskName& name);
  void SendTo(size_t worker, wire::ToWorker message);
  bool IsNeeded(size_t worker) const;
  StageId StageOf(size_t worker) const;
  ExchangeId client_exchange() const;
  std::string MillisecondsSinceStart() const;
  std::shared_ptr<QueryRecord> MakeRecord() const;

  const QueryId query_;
  QueryRequest request_;  // without its splits, which the ledger has
  const QueryOptions options_;
  Timers& timers_;
  Uploader& uploader_;
  QueryObserver& observer_;
  const SteadyTime start_;
  TaskTable tasks_;
  SplitLedger splits_;
  ExchangeAudit audit_;
  FirstError first_error_;
  std::shared_ptr<QueryRecord> record_;

  State state_ = State::kGranting;
  size_t next_worker_ = 0;  // workers before it were asked for a grant
  std::set<ExchangeId> uploading_;
  bool is_client_done_ = false;
  bool is_released_ = false;
  arrow::Status weak_error_;  // waits for settle_timer_
  TimerId grant_timer_ = 0;
  TimerId task_timer_ = 0;
  TimerId settle_timer_ = 0;  // of weak_error_, or of first_error_ once that is known
};

}  // namespace skein::core
