#include "api/query_runs.h"

#include <algorithm>
#include <system_error>
#include <utility>
#include <variant>

#include "base/error.h"

namespace skein {
namespace {

constexpr size_t kKeptQueries = 100;

bool IsOver(const QueryRun& run) { return run.phase != QueryPhase::kQueued && run.phase != QueryPhase::kRunning; }

void Join(QueryRun& run) {
  if (run.thread.joinable()) run.thread.join();
}

}  // namespace

QueryRuns::QueryRuns(size_t max_concurrent, size_t max_queued, uint32_t max_attempts)
    : max_concurrent_(max_concurrent),
      max_queued_(max_queued),
      retries_({.max_attempts = max_attempts, .max_query_retries = max_attempts}) {}

arrow::Result<std::shared_ptr<QueryRun>> QueryRuns::Enter(const std::string& sql, std::shared_ptr<PlanState> plan,
                                                          std::function<void(QueryRun&)> drive) {
  std::vector<std::shared_ptr<QueryRun>> forgotten;
  std::shared_ptr<QueryRun> run;
  {
    core::MutexLock lock(mutex_);
    run = std::make_shared<QueryRun>(next_id_++, sql, std::move(plan));
    ARROW_RETURN_NOT_OK(StartInLine(run, std::move(drive)));
    forgotten = TakeForgotten();
  }
  for (const auto& old : forgotten) Join(*old);
  return run;
}

arrow::Status QueryRuns::StartInLine(const std::shared_ptr<QueryRun>& run, std::function<void(QueryRun&)> drive) {
  const bool has_turn = line_.empty() && running_ < max_concurrent_;
  const auto load = "running=" + std::to_string(running_) + " queued=" + std::to_string(line_.size());
  if (!has_turn && line_.size() >= max_queued_) {
    return core::Unavailable("too many queries wait: " + load + ": try again later");
  }
  try {
    run->thread = std::thread([run, drive = std::move(drive)] { drive(*run); });  // waits for the mutex
  } catch (const std::system_error& error) {
    return core::Unavailable("no thread for a query: " + load + " error=" + error.what());
  }
  runs_[run->id] = run;
  line_.push_back(run->id);
  return arrow::Status::OK();
}

void QueryRuns::StopAll() {
  std::map<QueryId, std::shared_ptr<QueryRun>> runs;
  {
    core::MutexLock lock(mutex_);
    for (auto& [id, run] : runs_) run->stop.request_stop();
    runs.swap(runs_);
  }
  changed_.NotifyAll();
  for (auto& [id, run] : runs) Join(*run);
}

std::vector<std::shared_ptr<QueryRun>> QueryRuns::TakeForgotten() {
  std::vector<std::shared_ptr<QueryRun>> forgotten;
  for (const auto& [id, run] : runs_) {
    if (IsOver(*run)) forgotten.push_back(run);
  }
  // Those that ended last are kept.
  std::sort(forgotten.begin(), forgotten.end(), [](const auto& a, const auto& b) { return a->end < b->end; });
  forgotten.resize(forgotten.size() - std::min(forgotten.size(), kKeptQueries));
  for (const auto& run : forgotten) runs_.erase(run->id);
  return forgotten;
}

bool QueryRuns::WaitForTurn(QueryRun& run) {
  core::MutexLock lock(mutex_);
  changed_.Wait(mutex_, [&]() REQUIRES(mutex_) {
    const bool has_turn = line_.front() == run.id && running_ < max_concurrent_;
    return has_turn || run.stop.stop_requested();
  });
  std::erase(line_, run.id);
  changed_.NotifyAll();
  if (run.stop.stop_requested()) return false;
  running_++;
  run.phase = QueryPhase::kRunning;
  return true;
}

void QueryRuns::CountAttempt(QueryRun& run) {
  core::MutexLock lock(mutex_);
  run.attempts++;
}

bool QueryRuns::WaitForRetry(QueryRun& run, const arrow::Status& error) {
  const core::RetriedTask whole{.query = std::to_string(run.id)};
  core::MutexLock lock(mutex_);
  const auto action = retries_.OnFailure(whole, error, std::chrono::steady_clock::now());
  const auto* retry = std::get_if<core::RetryPolicy::Retry>(&action);
  if (retry != nullptr) changed_.WaitFor(mutex_, retry->delay, [&] { return run.stop.stop_requested(); });
  retries_.TakeDue(std::chrono::steady_clock::now());
  return retry != nullptr && !run.stop.stop_requested();
}

void QueryRuns::Finish(QueryRun& run, QueryRun::Outcome outcome) {
  core::MutexLock lock(mutex_);
  if (run.phase == QueryPhase::kRunning) running_--;
  run.phase = outcome.ok() ? QueryPhase::kFinished : QueryPhase::kFailed;
  if (outcome.status().IsCancelled()) run.phase = QueryPhase::kCancelled;
  run.outcome = std::move(outcome);
  run.end = QueryRun::Clock::now();
  retries_.Forget(std::to_string(run.id));
  changed_.NotifyAll();
}

QueryRun::Outcome QueryRuns::TakeRows(QueryRun& run) {
  core::MutexLock lock(mutex_);
  changed_.Wait(mutex_, [&] { return IsOver(run); });
  if (run.is_taken) return arrow::Status::KeyError("the rows of query ", run.id, " were taken already");
  run.is_taken = true;
  return std::exchange(run.outcome, run.outcome.ok() ? QueryRun::Outcome(nullptr) : run.outcome);
}

arrow::Status QueryRuns::Cancel(QueryId query) {
  ARROW_ASSIGN_OR_RAISE(const auto run, Find(query));
  run->stop.request_stop();
  core::MutexLock lock(mutex_);
  changed_.NotifyAll();
  return arrow::Status::OK();
}

arrow::Result<std::shared_ptr<QueryRun>> QueryRuns::Find(QueryId query) const {
  core::MutexLock lock(mutex_);
  const auto at = runs_.find(query);
  if (at == runs_.end()) return arrow::Status::KeyError("no query ", query, ": unknown, or over since long");
  return at->second;
}

size_t QueryRuns::running() const {
  core::MutexLock lock(mutex_);
  return running_;
}

}  // namespace skein
