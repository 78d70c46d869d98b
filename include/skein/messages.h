// What coordinator and workers say to each other about tasks, as values, with the bytes that really travel on the
// control stream (src/worker/control.proto). Any thread may use its own.
//
//   const skein::CoordinatorMessage message(skein::Ping{17});
//   ARROW_ASSIGN_OR_RAISE(const auto bytes, message.Serialize());
//   ARROW_ASSIGN_OR_RAISE(const auto back, skein::CoordinatorMessage::Parse(*bytes));
//   std::get<skein::Ping>(back.value()).sequence;  // 17
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <arrow/buffer.h>
#include <arrow/result.h>
#include <arrow/status.h>

#include "skein/export.h"
#include "skein/task_id.h"

namespace skein {

// ---- coordinator to worker

/// Starts an attempt at a task.
struct ExecuteTask {
  /// The rows whose 32-bit partition hash h has low <= h < high.
  struct HashRange {
    uint64_t low = 0;
    uint64_t high = 0;
    bool operator==(const HashRange&) const = default;
  };
  /// A task whose output is read.
  struct Producer {
    std::string address;  // host:port of its worker's data plane
    uint32_t worker = 0;
    uint32_t task = 0;
    uint32_t attempt = 0;
    uint64_t incarnation = 0;
    bool operator==(const Producer&) const = default;
  };
  /// An exchange that the task reads.
  struct Input {
    uint32_t exchange = 0;
    HashRange range;
    bool is_ordered = false;
    uint32_t producer_tasks = 0;
    std::vector<Producer> producers;
    uint32_t stored_as = 0;
    bool is_merged = false;
    bool operator==(const Input&) const = default;
  };
  /// The exchange that the task writes.
  struct Output {
    uint32_t exchange = 0;
    std::vector<HashRange> ranges;
    bool operator==(const Output&) const = default;
  };
  /// A part of a scan's files.
  struct Split {
    uint32_t id = 0;
    std::string payload;
    uint64_t rows = 0;
    bool operator==(const Split&) const = default;
  };
  /// The first splits of a scan; the task asks for more unless these are the last.
  struct ScanSplits {
    uint32_t scan = 0;
    std::vector<Split> splits;
    bool is_last = false;
    bool operator==(const ScanSplits&) const = default;
  };

  TaskAttempt task;
  uint32_t task_count = 1;  // of the stage
  std::string fragment;     // the stage's part of the plan, for this build of DuckDB
  std::vector<Input> inputs;
  Output output;
  std::vector<ScanSplits> scans;
  bool is_in_plain_order = false;
  bool is_profiled = false;
  bool operator==(const ExecuteTask&) const = default;
};

/// Makes an attempt end soon; it reports TaskFailed with a cancellation.
struct CancelTask {
  TaskAttempt task;
  std::string reason;
  bool operator==(const CancelTask&) const = default;
};

/// Asks for a Heartbeat.
struct Ping {
  uint64_t sequence = 0;
  bool operator==(const Ping&) const = default;
};

// ---- worker to coordinator

/// An attempt has ended well.
struct TaskComplete {
  /// A part of the output, and the splits that went into it.
  struct Unit {
    uint32_t unit = 0;
    std::vector<uint32_t> scans;  // parallel to splits
    std::vector<uint32_t> splits;
    uint64_t rows = 0;
    uint64_t bytes = 0;
    bool operator==(const Unit&) const = default;
  };
  /// Which units of an exchange were taken, as sums over their ids.
  struct Ledger {
    uint32_t exchange = 0;
    uint64_t count = 0;
    uint64_t sum = 0;
    uint64_t exclusive_or = 0;
    bool is_partial = false;  // the task stopped early
    bool operator==(const Ledger&) const = default;
  };
  /// What DuckDB measured of an operator of a profiled task.
  struct Operator {
    uint32_t depth = 0;
    std::string name;
    uint64_t rows = 0;
    uint64_t time_us = 0;
    bool operator==(const Operator&) const = default;
  };

  TaskAttempt task;
  std::vector<Unit> units;
  std::vector<Ledger> ledgers;
  uint64_t rows_in = 0;
  uint64_t rows_out = 0;
  uint64_t bytes_in = 0;
  uint64_t bytes_out = 0;
  uint64_t cpu_us = 0;
  uint64_t wall_us = 0;
  std::vector<uint32_t> partial_scans;  // not read to their end
  std::vector<uint64_t> rows_per_range;
  uint64_t spill_bytes = 0;
  std::vector<Operator> operators;  // in preorder
  uint64_t temp_bytes = 0;
  bool operator==(const TaskComplete&) const = default;
};

/// An attempt has failed, or was cancelled.
struct TaskFailed {
  /// A split that was begun before.
  struct BegunSplit {
    uint32_t scan = 0;
    uint32_t split = 0;
    bool is_open = false;  // its end was not reached
    bool operator==(const BegunSplit&) const = default;
  };

  TaskAttempt task;
  /// Not ok. Keeps over the wire whose fault it is and whether it may be retried.
  arrow::Status error;
  std::vector<BegunSplit> begun;
  uint32_t source = 0;
  uint32_t split = 0;
  bool operator==(const TaskFailed&) const = default;
};

/// The worker lives.
struct Heartbeat {
  uint64_t sequence = 0;  // of the ping that it answers
  uint32_t running_tasks = 0;
  uint64_t retained_memory_bytes = 0;
  uint64_t retained_disk_bytes = 0;
  uint64_t cpu_us = 0;  // of the process, since its start
  bool operator==(const Heartbeat&) const = default;
};

/// How far a running attempt is. Sent after each Heartbeat.
struct TaskProgress {
  TaskAttempt task;
  uint64_t rows_in = 0;
  uint64_t rows_out = 0;
  uint32_t splits_done = 0;
  bool operator==(const TaskProgress&) const = default;
};

// ----

class SKEIN_EXPORT CoordinatorMessage {
 public:
  using Value = std::variant<ExecuteTask, CancelTask, Ping>;

  explicit CoordinatorMessage(Value value) : value_(std::move(value)) {}
  /// Reads the bytes of one message. Errors (Invalid): they are damaged, of another kind, lack a field, or hold what
  /// this build does not know.
  static arrow::Result<CoordinatorMessage> Parse(const arrow::Buffer& bytes);

  /// Writes the bytes that a coordinator sends. Errors (Invalid): the query's id is not 32 hexadecimal digits.
  arrow::Result<std::shared_ptr<arrow::Buffer>> Serialize() const;
  const Value& value() const { return value_; }

 private:
  Value value_;
};

class SKEIN_EXPORT WorkerMessage {
 public:
  using Value = std::variant<TaskComplete, TaskFailed, Heartbeat, TaskProgress>;

  explicit WorkerMessage(Value value) : value_(std::move(value)) {}
  /// Reads the bytes of one message. Errors: those of CoordinatorMessage::Parse.
  static arrow::Result<WorkerMessage> Parse(const arrow::Buffer& bytes);

  /// Writes the bytes that a worker sends. Errors (Invalid): those of CoordinatorMessage::Serialize; a failure without
  /// an error.
  arrow::Result<std::shared_ptr<arrow::Buffer>> Serialize() const;
  const Value& value() const { return value_; }

 private:
  Value value_;
};

}  // namespace skein
