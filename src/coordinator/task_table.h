// The tasks of one query: where each is placed, and how far it is; and where the rows of the client are placed. Owned
// by the query's state; its thread only.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include <arrow/status.h>

#include "base/ids.h"
#include "coordinator/query_request.h"
#include "coordinator/worker_link.h"
#include "exchange/channel_resolver.h"
#include "plan/distributed_plan.h"

namespace skein::core {

enum class TaskState { kWaiting, kRunning, kFinished, kFailed };

struct TaskEntry {
  TaskKey key;
  /// Index among the query's workers.
  size_t worker = 0;
  TaskState state = TaskState::kWaiting;
};

class TaskTable {
 public:
  /// Places the tasks: task i of a stage with several of them on worker i modulo the workers, the only task of a stage
  /// on a worker that changes from query to query (`rotation`) and from stage to stage; so does, from exchange to
  /// exchange, the home of rows of the client. REQUIRES: a worker is there.
  TaskTable(const DistributedPlan& plan, const QueryId& query, std::vector<QueryWorker> workers, uint64_t rotation);

  const QueryId& query() const { return query_; }
  const std::vector<QueryWorker>& workers() const { return workers_; }
  std::vector<TaskEntry>& tasks(StageId stage) { return stages_[stage]; }
  const std::vector<TaskEntry>& tasks(StageId stage) const { return stages_[stage]; }
  size_t stage_count() const { return stages_.size(); }
  uint32_t task_count() const;
  /// Counts the tasks that are placed on a worker.
  uint32_t CountOn(size_t worker) const;
  /// Checks that each worker admits the tasks that are placed on it. Errors (Invalid) name worker and limit.
  arrow::Status CheckSlots() const;
  /// Says whether tasks or rows of the client are placed on a worker.
  bool IsUsed(size_t worker) const;
  /// Says whether the rows of the client that an exchange starts from are placed on a worker.
  bool IsHome(size_t worker, ExchangeId exchange) const;

  /// Returns the task whose current attempt `key` names, or null: messages of other attempts and lives are stale.
  TaskEntry* Find(const TaskKey& key);
  bool IsStageFinished(StageId stage) const;
  bool AreAllFinished() const;
  /// Says where the units of an exchange are. Rows of the client are those of one task 0 at their home.
  std::vector<Producer> ProducersOf(const Exchange& exchange) const;

 private:
  const QueryId query_;
  std::vector<QueryWorker> workers_;
  std::map<ExchangeId, size_t> homes_;  // of the rows of the client
  std::vector<std::vector<TaskEntry>> stages_;
};

/// Names the task that a worker's message is about; null where it is about none.
const wire::TaskName* TaskOf(const wire::FromWorker& message);

/// Writes the message that starts a task, all but its splits.
wire::StartTask MakeStartTask(const QueryRequest& request, const TaskTable& tasks, const TaskEntry& task);

}  // namespace skein::core
