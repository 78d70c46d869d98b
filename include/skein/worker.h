// A worker: one DuckDB engine that runs tasks and keeps their output, behind a control port and a data port. Alone it
// waits for coordinators to connect; each call on its ports carries the secret. Owned by its program; any thread.
//
//   ARROW_ASSIGN_OR_RAISE(auto worker, skein::Worker::Start({.address = "127.0.0.1:7700"}));
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include <arrow/record_batch.h>
#include <arrow/result.h>

#include "skein/cluster_status.h"
#include "skein/coordinator.h"
#include "skein/export.h"
#include "skein/messages.h"

namespace skein {

struct WorkerOptions {
  /// Where its control port listens, "host:port"; port 0: any free one. Others reach it under this host.
  std::string address = "127.0.0.1:0";
  /// Port of the data plane on the same host; 0: any free one.
  uint16_t data_port = 0;
  /// Of its engine: 1 to 1,024.
  uint32_t threads = 1;
  /// Of engine and retained output together: at least 64 MiB.
  uint64_t memory_bytes = uint64_t{4} << 30;
  /// Tasks that it admits at a time: 1 to 65,536.
  uint32_t task_slots = 256;
  /// How long a task of ExecuteTask may run, its wait for rows included: 1 to 2,592,000,000 ms.
  uint64_t task_timeout_ms = 300'000;
  /// Where it makes a private directory for what spills, which it removes in the end; empty: the system's.
  std::string temp_directory;
  /// As in ClusterConfig; where a coordinator is given, empty means its secret.
  std::string secret;
};

/// What a task has done.
struct TaskResult {
  TaskComplete report;
  /// All rows of its output; columns are named c0, c1, ...
  arrow::RecordBatchVector rows;
  /// What tasks that read the output name as its producer.
  skein::ExecuteTask::Producer producer;
};

class SKEIN_EXPORT Worker {
 public:
  /// Starts a worker that coordinators may connect to. Errors: an address in use or invalid, a directory that cannot be
  /// made, an option out of its range, no secret; each named.
  static arrow::Result<std::unique_ptr<Worker>> Start(WorkerOptions options);
  /// Starts one and registers it with `coordinator`, which it leaves when it is destroyed: then
  /// queries that still need it fail.
  static arrow::Result<std::unique_ptr<Worker>> StartWith(WorkerOptions options,
                                                          std::shared_ptr<Coordinator> coordinator);
  virtual ~Worker() = default;

  /// Returns a number drawn when the worker was started: started again at the same address, it is another worker.
  virtual uint64_t id() const = 0;
  /// Returns "host:port" of the control port, with the port that it really has.
  virtual const std::string& address() const = 0;
  /// Says whether a task slot is free; false for good once its engine has given itself up.
  virtual bool CanAcceptTask() const = 0;
  virtual uint32_t running_tasks() const = 0;

  /// Runs one task here, to its end, as if a coordinator had sent it with all its splits. Its output is returned and
  /// also kept, under the address of `producer`, for tasks that read it. Errors: those of the task; a message that is
  /// damaged (Invalid) or lacks producers; the task time-out is over; all task slots are in use (retryable). A task
  /// whose name ran here before needs a further attempt's number.
  virtual arrow::Result<TaskResult> ExecuteTask(const skein::ExecuteTask& task) = 0;
  /// Drops what tasks of a query have put out here. Errors (Invalid): the id is not 32 hexadecimal digits.
  virtual arrow::Status DropOutput(const std::string& query) = 0;
};

}  // namespace skein
