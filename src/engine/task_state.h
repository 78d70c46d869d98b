// How physical operators of a fragment find their task: a state registered with the fragment's own connection. Also
// counts the CPU time of DuckDB's tasks and tells the driver when there may be news.
#pragma once

#include <atomic>

#include <arrow/status.h>

#include "base/mutex.h"
#include "duckdb.hpp"
#include "duckdb/main/client_context_state.hpp"
#include "engine/engine.h"
#include "engine/run_progress.h"

namespace skein::core {

class TaskState : public duckdb::ClientContextState {
 public:
  static constexpr const char* kName = "skein_task";

  explicit TaskState(TaskContext context) : context(std::move(context)) {}
  /// Throws an InvalidInputException where the connection runs no task.
  static TaskState& Get(duckdb::ClientContext& context);

  void OnTaskStart(duckdb::ClientContext& context) override;
  void OnTaskStop(duckdb::ClientContext& context) override;

  /// Waits until something may have happened, at most 20 ms.
  void WaitForNews();
  void Notify();

  /// Keeps the first `status` (not ok) for the driver, which returns it as it is, and throws it as DuckDB allows.
  [[noreturn]] void Fail(const arrow::Status& status);
  arrow::Status failure();

  TaskContext context;
  std::atomic<uint64_t> cpu_ns{0};
  std::atomic<uint64_t> rows_in{0};
  std::atomic<uint64_t> rows_out{0};
  RunProgressLog progress;

  /// Appended by the sink and the scans; read by the driver after the end.
  Mutex results_mutex;
  std::vector<UnitTrailer> units GUARDED_BY(results_mutex);
  std::vector<UnitInput> inputs GUARDED_BY(results_mutex);

 private:
  arrow::Status failure_ GUARDED_BY(results_mutex);
  Mutex news_mutex_;
  ConditionVariable news_changed_;
  bool has_news_ GUARDED_BY(news_mutex_) = false;
};

}  // namespace skein::core
