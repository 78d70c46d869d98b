#include "engine/task_state.h"

#include <chrono>
#include <ctime>

#include "engine/error_bridge.h"

namespace skein::core {
namespace {

uint64_t ThreadCpuNs() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<uint64_t>(now.tv_sec) * 1'000'000'000 + static_cast<uint64_t>(now.tv_nsec);
}

// DuckDB calls start and stop on the same thread, never nested.
thread_local uint64_t task_started_ns = 0;

}  // namespace

TaskState& TaskState::Get(duckdb::ClientContext& context) {
  auto state = context.registered_state->Get<TaskState>(kName);
  if (!state) throw duckdb::InvalidInputException("an exchange operator runs only inside a task");
  return *state;
}

void TaskState::OnTaskStart(duckdb::ClientContext&) { task_started_ns = ThreadCpuNs(); }

void TaskState::OnTaskStop(duckdb::ClientContext&) {
  cpu_ns += ThreadCpuNs() - task_started_ns;
  Notify();
}

void TaskState::WaitForNews() {
  MutexLock lock(news_mutex_);
  news_changed_.WaitFor(news_mutex_, std::chrono::milliseconds(20),
                        [this]() REQUIRES(news_mutex_) { return has_news_; });
  has_news_ = false;
}

void TaskState::Fail(const arrow::Status& status) {
  {
    MutexLock lock(results_mutex);
    if (failure_.ok()) failure_ = status;
  }
  ThrowForDuckDb(status);
}

arrow::Status TaskState::failure() {
  MutexLock lock(results_mutex);
  return failure_;
}

void TaskState::Notify() {
  {
    MutexLock lock(news_mutex_);
    has_news_ = true;
  }
  news_changed_.NotifyOne();
}

}  // namespace skein::core
