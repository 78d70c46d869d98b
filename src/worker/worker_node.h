// A worker process put together: one engine, one retained store, the data plane and the control plane, each on a port
// of its own. Owned by main(); serves until destroyed.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include <arrow/result.h>

#include "engine/engine.h"
#include "worker/lone_task.h"

namespace skein::core {

struct WorkerOptions {
  std::string host = "127.0.0.1";
  int control_port = 0;  // 0: any free one
  int data_port = 0;     // 0: any free one
  int threads = 1;
  uint64_t memory_bytes = uint64_t{4} << 30;        // of the whole process: the engine gets 3/4, the retained store 1/4
  uint64_t disk_bytes = uint64_t{64} << 30;         // for retained output that spills
  uint64_t retained_memory_bytes = 0;               // of retained output before it spills; 0: a quarter of memory_bytes
  uint64_t input_queue_bytes = uint64_t{16} << 20;  // of one input exchange of one task; a block always fits
  std::string temp_dir;  // a private directory is made in it and removed at the end; empty: the system's
  std::string secret;
  uint32_t task_slots = 256;
};

class WorkerNode {
 public:
  /// Starts engine and both planes. Errors name the address, directory or limit that is wrong.
  static arrow::Result<std::unique_ptr<WorkerNode>> Start(WorkerOptions options);
  /// Starts with an engine that is there already; its threads and memory are not looked at.
  static arrow::Result<std::unique_ptr<WorkerNode>> Start(WorkerOptions options, std::unique_ptr<Engine> engine);
  /// Cancels all tasks, closes the streams, removes the private directory.
  virtual ~WorkerNode() = default;
  virtual int control_port() const = 0;
  virtual int data_port() const = 0;
  virtual uint32_t running_tasks() const = 0;
  /// Returns why the worker can run no further task, for good: it has told its coordinators, refuses new ones, and is
  /// to be ended. Ok while it can. Any thread.
  virtual arrow::Status health() const = 0;
  /// Drawn at the start: no other life of this worker, or of another one, has it.
  virtual Incarnation incarnation() const = 0;
  /// Runs a task for the program that holds this worker, to its end or to `limit`; its output stays until DropQuery.
  /// Errors: those of the task; all task slots are in use (Unavailable).
  virtual arrow::Result<LoneTask> RunTask(wire::StartTask start, std::chrono::milliseconds limit) = 0;
  /// Drops what tasks of a query have put out.
  virtual void DropQuery(const QueryId& query) = 0;
};

}  // namespace skein::core
