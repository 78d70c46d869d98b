// The door to DuckDB for a worker: one instance per process, fragments in, units out. Free of DuckDB's headers.
// Owned by the worker; any thread may call.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <arrow/record_batch.h>
#include <arrow/result.h>

#include "base/ids.h"
#include "engine/run_progress.h"
#include "exchange/receiver.h"
#include "exchange/retained_store.h"
#include "plan/operator_figures.h"
#include "plan/split.h"

namespace skein::core {

struct EngineOptions {
  int threads = 1;
  uint64_t memory_bytes = uint64_t{4} << 30;
  /// Private directory for DuckDB's own spilling; must exist.
  std::string temp_dir;
};

/// Where a task's scans get their splits: never blocks; asks ahead over the control stream. Any thread.
class SplitFeed {
 public:
  enum State { kSplit, kPending, kExhausted };
  virtual ~SplitFeed() = default;
  /// Takes a split of `scan` if one is there. Where it returns kPending, `wake` is kept and called once, without a lock
  /// held, when a further call may bring something else. Errors: the task was cancelled.
  virtual arrow::Result<State> TryTake(ScanId scan, Split& split, std::function<void()> wake) = 0;
};

/// What one task works with, provided by the worker; all of it outlives the run.
struct TaskContext {
  TaskKey key;
  uint32_t task_count = 1;
  SplitFeed* splits = nullptr;
  std::map<ExchangeId, Receiver*> inputs;
  RetainedStore* store = nullptr;
  ExchangeId output = 0;
  /// Ranges of the output exchange: one block never holds rows of two of them.
  std::vector<PartitionRange> output_ranges;
  /// Has one thread do all the work in the order of DuckDB with one thread, so that the error which the run meets is
  /// the first of its splits.
  bool is_in_plain_order = false;
  /// DuckDB measures the fragment's operators; costs nothing otherwise.
  bool is_profiled = false;
};

struct TaskResult {
  std::vector<UnitTrailer> units;
  uint64_t rows_in = 0;   // from scans and input exchanges
  uint64_t rows_out = 0;  // into the output exchange
  uint64_t cpu_us = 0;    // of DuckDB's tasks for this fragment, by the thread clock
  uint64_t wall_us = 0;
  /// Of a profiled task, in preorder; empty otherwise.
  std::vector<OperatorFigures> operators;
  /// Of a profiled task: the most that DuckDB of this worker, all its tasks together, had in temporary files.
  uint64_t temp_bytes = 0;
};

/// What a running fragment has done so far.
struct RunFigures {
  uint64_t rows_in = 0;   // from scans and input exchanges
  uint64_t rows_out = 0;  // into the output exchange
  uint32_t splits_done = 0;
};

/// One running fragment. Destroying it cancels and waits.
class FragmentRun {
 public:
  virtual ~FragmentRun() = default;
  /// Runs to the end on the calling thread, which only waits. The output's units are closed when it returns ok.
  /// Errors: those of the statement (UserError with DuckDB's class), of the exchanges (as they are), Cancelled.
  virtual arrow::Result<TaskResult> Run() = 0;
  /// Makes Run return Cancelled soon, also when every task is blocked: the caller must besides fail the task's
  /// receivers and split feed. Any thread, any time.
  virtual void Cancel() = 0;
  /// Says how far the run has come, or had come when it failed. Any thread.
  virtual RunProgress progress() const { return {}; }
  /// Says what the run has done. Any thread, any time; cheap.
  virtual RunFigures figures() const { return {}; }
};

class Engine {
 public:
  /// Opens the instance. Errors: options that DuckDB refuses.
  static arrow::Result<std::unique_ptr<Engine>> Open(EngineOptions options);
  virtual ~Engine() = default;
  /// Prepares a fragment that planner encoded with EncodeFragment; `context` is used until the run is destroyed.
  virtual arrow::Result<std::unique_ptr<FragmentRun>> Prepare(std::string fragment, TaskContext context) = 0;
  /// Turns blocks that a fragment has put out into Arrow; columns are named c0, c1, ... Errors: not its blocks.
  virtual arrow::Result<arrow::RecordBatchVector> ToArrow(const std::string& fragment,
                                                          const std::vector<Block>& blocks) = 0;
  /// Returns why the instance refuses every further fragment, for good: after some errors DuckDB gives itself up, and
  /// only another process cures that. Ok while it works. Any thread; cheap.
  virtual arrow::Status health() const { return arrow::Status::OK(); }
};

/// Names the build of DuckDB in this process, and Skein's own: fragments of another build are refused.
std::string DuckDbBuildId();
std::string SkeinBuildId();

}  // namespace skein::core
