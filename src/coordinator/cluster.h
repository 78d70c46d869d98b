// The cluster as one DuckDB instance sees it: its workers, the control streams to them, the queries that run. No thread
// and no process exists before Start. Owned by the extension's per-instance state; any thread may call.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <arrow/result.h>

#include "coordinator/cluster_spec.h"
#include "coordinator/query_execution.h"
#include "coordinator/query_request.h"
#include "coordinator/stage_info.h"
#include "skein/channel_resolver.h"
#include "skein/worker_resolver.h"

namespace skein::core {

struct ClusterOptions {
  /// The workers to begin with; without any, they are added later.
  ClusterSpec spec;
  /// Says who the workers are, before each query; then no other way adds or removes one. Null: nobody says.
  std::shared_ptr<skein::WorkerResolver> worker_resolver;
  /// Says where workers are reached; null: at their addresses.
  std::shared_ptr<skein::ChannelResolver> channel_resolver;
  /// The skein program, for local workers.
  std::string worker_binary;
  /// For addresses: the workers' secret. For local workers a new one is drawn.
  std::string secret;
  std::string temp_dir;  // of local workers; empty: the system's
  std::chrono::milliseconds connect_timeout{4000};
  std::chrono::milliseconds start_timeout{20000};  // of a local worker process
  std::chrono::milliseconds heartbeat_interval{500};
  std::chrono::milliseconds heartbeat_timeout{3500};
  std::chrono::milliseconds grant_deadline{30000};
};

struct WorkerInfo {
  uint32_t worker = 0;
  std::string address;
  uint64_t pid = 0;
  std::string state;  // "ready", "lost", "starting"
  uint32_t threads = 0;
  uint64_t memory_bytes = 0;
  uint32_t running_tasks = 0;
  uint32_t task_slots = 0;
  /// When it last answered, by the clock of this machine; nothing before the first answer.
  std::optional<std::chrono::system_clock::time_point> last_heartbeat;
  /// Processor time that it took between its last two heartbeats, of what its threads could; 0..1.
  double utilisation = 0;
  uint64_t retained_bytes = 0;  // output kept in memory and on disk, by the last heartbeat
};

struct QueryInfo {
  QueryId query;
  std::string sql;
  std::string state;  // "running", "finished", "failed", "cancelled"
  std::string error;
  uint32_t stages = 0;
  uint32_t tasks = 0;
  uint64_t shuffle_bytes = 0;  // appended to exchanges by all tasks and by the client
  uint64_t wall_us = 0;
};

struct TaskInfo {
  QueryId query;
  StageId stage = 0;
  uint32_t task = 0;
  AttemptId attempt = 0;
  uint32_t worker = 0;
  std::string state;  // "waiting", "running", "finished", "failed", "cancelled"
  uint64_t rows_in = 0, rows_out = 0, bytes_in = 0, bytes_out = 0;
  uint64_t splits = 0;
  uint64_t wall_us = 0, cpu_us = 0;
  /// Parallel to the ranges of the stage's output.
  std::vector<uint64_t> rows_per_partition;
  uint64_t spill_bytes = 0;                // of its output, by the retained store
  std::vector<OperatorFigures> operators;  // of a profiled task
  uint64_t temp_bytes = 0;                 // of a profiled task
};

class Cluster {
 public:
  /// Starts local worker processes or connects to the addresses. Errors name the worker: program missing, did not
  /// start in time, unreachable, wrong secret, another build.
  static arrow::Result<std::shared_ptr<Cluster>> Start(ClusterOptions options);
  /// Cancels the queries, closes the streams, ends local workers (at most 5 s, then kills them) and reaps them.
  virtual ~Cluster() = default;

  /// Makes sure that workers are there: local workers that died are started again, lost addresses are tried once, and
  /// the worker resolver is asked. Errors: no worker is left (Unavailable), a local worker cannot be started.
  virtual arrow::Status EnsureReady() = 0;
  /// Connects to one more worker; returns its number, which no other had or gets. Errors: as Start; a worker of that
  /// address is there, or it is not for the caller to add one (UserError).
  virtual arrow::Result<uint32_t> AddWorker(const std::string& address) = 0;
  /// Takes a worker out: new queries leave it alone, those that run go on, and then its stream is closed. Errors: there
  /// is no such worker, or it is not for the caller to remove it (UserError).
  virtual arrow::Status RemoveWorker(uint32_t worker) = 0;
  /// Asks a worker for a heartbeat and waits for it, as long as the heartbeat time-out says. Errors: there is no such
  /// worker (UserError); it is lost or silent (Unavailable).
  virtual arrow::Result<WorkerInfo> AskHeartbeat(uint32_t worker) = 0;
  /// Tries once to bring back every worker that is lost; returns what the workers are then.
  virtual arrow::Result<std::vector<WorkerInfo>> CheckHealth() = 0;
  /// Starts a query: grants from all workers in number order, then all tasks. Returns at once; errors of later steps
  /// come out of the execution. Keeps the cluster alive.
  virtual arrow::Result<std::unique_ptr<QueryExecution>> Execute(QueryRequest request) = 0;

  virtual std::vector<WorkerInfo> Workers() const = 0;
  /// Running queries and the last 100, oldest first.
  virtual std::vector<QueryInfo> Queries() const = 0;
  virtual std::vector<TaskInfo> Tasks() const = 0;
  /// The stages of the same queries.
  virtual std::vector<StageInfo> Stages() const = 0;
  virtual ClusterStatus Status() const = 0;
};

}  // namespace skein::core
