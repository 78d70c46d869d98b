#include "skein/distributed_executor.h"

#include <algorithm>
#include <deque>
#include <map>
#include <system_error>
#include <utility>

#include "api/coordinator_state.h"
#include "api/plan_state.h"
#include "api/query_run.h"
#include "api/ranges.h"
#include "api/slot_check.h"
#include "api/stage_sql.h"
#include "api/stage_tasks.h"
#include "base/error.h"
#include "base/mutex.h"
#include "coordinator/retry_policy.h"

namespace skein {
namespace {

using TableResult = arrow::Result<std::shared_ptr<arrow::Table>>;

constexpr uint64_t kMaxConcurrent = 1024;
constexpr uint64_t kMaxQueued = 1'000'000;
constexpr uint64_t kMaxTaskTimeoutMs = 30ULL * 24 * 3600 * 1000;
constexpr uint64_t kMaxBatchRows = 1'048'576;
constexpr size_t kKeptQueries = 100;

arrow::Status Check(const ExecutorConfig& config) {
  ARROW_RETURN_NOT_OK(CheckRange("max_concurrent_queries", config.max_concurrent_queries, 1, kMaxConcurrent));
  ARROW_RETURN_NOT_OK(CheckRange("max_queued_queries", config.max_queued_queries, 0, kMaxQueued));
  ARROW_RETURN_NOT_OK(CheckRange("task_timeout_ms", config.task_timeout_ms, 0, kMaxTaskTimeoutMs));
  ARROW_RETURN_NOT_OK(CheckRange("batch_size", config.batch_size, 1, kMaxBatchRows));
  if (!config.adaptive_execution) return arrow::Status::OK();
  return arrow::Status::NotImplemented("adaptive_execution is not available yet: leave it false");
}

class Executor : public DistributedExecutor {
 public:
  Executor(std::shared_ptr<CoordinatorState> coordinator, ExecutorConfig config,
           std::shared_ptr<core::QueryDatabase> database)
      : coordinator_(std::move(coordinator)),
        config_(std::move(config)),
        database_(std::move(database)),
        retries_({.max_attempts = coordinator_->config.max_task_attempts,
                  .max_query_retries = coordinator_->config.max_task_attempts}) {}

  ~Executor() override {
    std::map<QueryId, std::shared_ptr<QueryRun>> runs;
    {
      core::MutexLock lock(mutex_);
      for (auto& [id, run] : runs_) run->stop.request_stop();
      runs.swap(runs_);
    }
    changed_.NotifyAll();
    for (auto& [id, run] : runs) Join(*run);
  }

  arrow::Result<DistributedPlan> Plan(const std::string& sql) override {
    ARROW_RETURN_NOT_OK(coordinator_->cluster->EnsureReady());
    ARROW_ASSIGN_OR_RAISE(auto prepared, database_->Prepare(sql));
    ARROW_RETURN_NOT_OK(CheckSlots(prepared->plans(), coordinator_->cluster->Status()));
    return DistributedPlan(std::make_shared<PlanState>(sql, std::move(prepared), database_));
  }
  arrow::Result<DistributedPlan> Plan(const std::vector<QueryStage>& stages) override {
    ARROW_ASSIGN_OR_RAISE(const auto sql, WriteStageSql(stages));
    return Plan(sql);
  }
  arrow::Result<std::vector<ExecuteTask>> MakeTasks(const DistributedPlan& plan, uint32_t stage) override;

  TableResult Execute(const std::string& sql) override {
    ARROW_ASSIGN_OR_RAISE(const auto run, Begin(sql, nullptr));
    return TakeRows(*run);
  }
  TableResult Execute(const DistributedPlan& plan) override {
    ARROW_ASSIGN_OR_RAISE(const auto run, BeginPlan(plan));
    return TakeRows(*run);
  }

  arrow::Result<QueryId> Submit(const std::string& sql) override {
    ARROW_ASSIGN_OR_RAISE(const auto run, Begin(sql, nullptr));
    return run->id;
  }
  arrow::Result<QueryId> Submit(const DistributedPlan& plan) override {
    ARROW_ASSIGN_OR_RAISE(const auto run, BeginPlan(plan));
    return run->id;
  }

  TableResult Wait(QueryId query) override;
  size_t ActiveQueryCount() const override {
    core::MutexLock lock(mutex_);
    return running_;
  }
  arrow::Status CancelQuery(QueryId query) override;
  arrow::Result<QueryStatus> GetQueryStatus(QueryId query) const override;

 private:
  using RunResult = arrow::Result<std::shared_ptr<QueryRun>>;
  RunResult Begin(const std::string& sql, std::shared_ptr<PlanState> plan);
  RunResult BeginPlan(const DistributedPlan& plan) {
    if (plan.state()->owner().lock() != database_) return arrow::Status::Invalid("a plan of another executor");
    return Begin(plan.sql(), plan.state());
  }
  /// Puts it in line and starts its thread. Errors: too many are there, the system has no thread for it.
  arrow::Status Enter(const std::shared_ptr<QueryRun>& run) REQUIRES(mutex_);
  TableResult TakeRows(QueryRun& run);
  void Drive(QueryRun& run);
  /// Waits for the query's turn; false when it was cancelled in line.
  bool WaitForTurn(QueryRun& run);
  TableResult RunAttempts(QueryRun& run);
  /// Waits until the policy lets the query run again; false when it does not, or the query was cancelled.
  bool WaitForRetry(QueryRun& run, const arrow::Status& error);
  TableResult RunOnce(QueryRun& run, bool& is_query);
  TableResult RunPrepared(QueryRun& run, core::PreparedQuery& prepared);
  void Finish(QueryRun& run, TableResult outcome);
  void CountTasks(const QueryRun& run, uint32_t& finished, uint32_t& total) const;
  arrow::Result<std::shared_ptr<QueryRun>> Find(QueryId query) const;
  /// Takes out what is over since long; the caller joins it without the mutex.
  std::vector<std::shared_ptr<QueryRun>> TakeForgotten() REQUIRES(mutex_);
  static void Join(QueryRun& run) {
    if (run.thread.joinable()) run.thread.join();
  }

  const std::shared_ptr<CoordinatorState> coordinator_;
  const ExecutorConfig config_;
  const std::shared_ptr<core::QueryDatabase> database_;
  mutable core::Mutex mutex_;
  core::ConditionVariable changed_;
  std::map<QueryId, std::shared_ptr<QueryRun>> runs_ GUARDED_BY(mutex_);
  std::deque<QueryId> line_ GUARDED_BY(mutex_);
  size_t running_ GUARDED_BY(mutex_) = 0;
  QueryId next_id_ GUARDED_BY(mutex_) = 1;
  core::RetryPolicy retries_ GUARDED_BY(mutex_);
};

Executor::RunResult Executor::Begin(const std::string& sql, std::shared_ptr<PlanState> plan) {
  std::vector<std::shared_ptr<QueryRun>> forgotten;
  std::shared_ptr<QueryRun> run;
  {
    core::MutexLock lock(mutex_);
    run = std::make_shared<QueryRun>(next_id_++, sql, std::move(plan));
    ARROW_RETURN_NOT_OK(Enter(run));
    forgotten = TakeForgotten();
  }
  for (const auto& old : forgotten) Join(*old);
  return run;
}

arrow::Status Executor::Enter(const std::shared_ptr<QueryRun>& run) {
  const bool has_turn = line_.empty() && running_ < config_.max_concurrent_queries;
  const auto load = "running=" + std::to_string(running_) + " queued=" + std::to_string(line_.size());
  if (!has_turn && line_.size() >= config_.max_queued_queries) {
    return core::Unavailable("too many queries wait: " + load + ": try again later");
  }
  try {
    run->thread = std::thread([this, run] { Drive(*run); });  // waits for the mutex
  } catch (const std::system_error& error) {
    return core::Unavailable("no thread for a query: " + load + " error=" + error.what());
  }
  runs_[run->id] = run;
  line_.push_back(run->id);
  return arrow::Status::OK();
}

std::vector<std::shared_ptr<QueryRun>> Executor::TakeForgotten() {
  std::vector<std::shared_ptr<QueryRun>> forgotten;
  for (const auto& [id, run] : runs_) {
    if (run->phase != QueryPhase::kQueued && run->phase != QueryPhase::kRunning) forgotten.push_back(run);
  }
  // Those that ended last are kept.
  std::sort(forgotten.begin(), forgotten.end(), [](const auto& a, const auto& b) { return a->end < b->end; });
  forgotten.resize(forgotten.size() - std::min(forgotten.size(), kKeptQueries));
  for (const auto& run : forgotten) runs_.erase(run->id);
  return forgotten;
}

void Executor::Drive(QueryRun& run) {
  if (!WaitForTurn(run)) return Finish(run, core::CancelledError("cancelled before its turn"));
  Finish(run, RunAttempts(run));
}

bool Executor::WaitForTurn(QueryRun& run) {
  core::MutexLock lock(mutex_);
  changed_.Wait(mutex_, [&]() REQUIRES(mutex_) {
    const bool has_turn = line_.front() == run.id && running_ < config_.max_concurrent_queries;
    return has_turn || run.stop.stop_requested();
  });
  std::erase(line_, run.id);
  changed_.NotifyAll();
  if (run.stop.stop_requested()) return false;
  running_++;
  run.phase = QueryPhase::kRunning;
  return true;
}

TableResult Executor::RunAttempts(QueryRun& run) {
  while (true) {
    {
      core::MutexLock lock(mutex_);
      run.attempts++;
    }
    bool is_query = true;
    auto outcome = RunOnce(run, is_query);
    if (run.stop.stop_requested() && !outcome.ok()) return core::CancelledError("the query was cancelled");
    if (outcome.ok() || !is_query || !WaitForRetry(run, outcome.status())) return outcome;
  }
}

bool Executor::WaitForRetry(QueryRun& run, const arrow::Status& error) {
  const core::RetriedTask whole{.query = std::to_string(run.id)};
  core::MutexLock lock(mutex_);
  const auto action = retries_.OnFailure(whole, error, std::chrono::steady_clock::now());
  const auto* retry = std::get_if<core::RetryPolicy::Retry>(&action);
  if (retry != nullptr) changed_.WaitFor(mutex_, retry->delay, [&] { return run.stop.stop_requested(); });
  retries_.TakeDue(std::chrono::steady_clock::now());
  return retry != nullptr && !run.stop.stop_requested();
}

TableResult Executor::RunOnce(QueryRun& run, bool& is_query) {
  ARROW_RETURN_NOT_OK(coordinator_->cluster->EnsureReady());
  auto prepared = run.plan ? run.plan->Borrow() : nullptr;
  const bool is_borrowed = prepared != nullptr;
  if (!prepared) {
    ARROW_ASSIGN_OR_RAISE(prepared, database_->Prepare(run.sql));
  }
  is_query = prepared->is_query();
  auto outcome = RunPrepared(run, *prepared);
  if (is_borrowed) run.plan->GiveBack(std::move(prepared));
  return outcome;
}

TableResult Executor::RunPrepared(QueryRun& run, core::PreparedQuery& prepared) {
  {
    core::MutexLock lock(mutex_);
    run.running = &prepared;
  }
  auto outcome = prepared.Execute(config_.batch_size, run.stop.get_token());
  core::MutexLock lock(mutex_);
  CountTasks(run, run.finished_tasks, run.total_tasks);
  run.running = nullptr;
  return outcome;
}

void Executor::Finish(QueryRun& run, TableResult outcome) {
  core::MutexLock lock(mutex_);
  if (run.phase == QueryPhase::kRunning) running_--;
  run.phase = outcome.ok() ? QueryPhase::kFinished : QueryPhase::kFailed;
  if (outcome.status().IsCancelled()) run.phase = QueryPhase::kCancelled;
  run.outcome = std::move(outcome);
  run.end = QueryRun::Clock::now();
  retries_.Forget(std::to_string(run.id));
  changed_.NotifyAll();
}

arrow::Result<std::vector<ExecuteTask>> Executor::MakeTasks(const DistributedPlan& plan, uint32_t stage) {
  if (plan.state()->owner().lock() != database_) return arrow::Status::Invalid("a plan of another executor");
  auto prepared = plan.state()->Borrow();
  if (!prepared) return core::Unavailable("the plan is being executed: make its tasks before or after");
  const auto request = prepared->Encode(0);
  plan.state()->GiveBack(std::move(prepared));
  ARROW_RETURN_NOT_OK(request.status());
  return MakeStageTasks(*request, stage);
}

TableResult Executor::Wait(QueryId query) {
  ARROW_ASSIGN_OR_RAISE(const auto run, Find(query));
  return TakeRows(*run);
}

TableResult Executor::TakeRows(QueryRun& run) {
  core::MutexLock lock(mutex_);
  changed_.Wait(mutex_, [&] { return run.phase != QueryPhase::kQueued && run.phase != QueryPhase::kRunning; });
  if (run.is_taken) return arrow::Status::KeyError("the rows of query ", run.id, " were taken already");
  run.is_taken = true;
  return std::exchange(run.outcome, run.outcome.ok() ? TableResult(nullptr) : run.outcome);
}

arrow::Status Executor::CancelQuery(QueryId query) {
  ARROW_ASSIGN_OR_RAISE(const auto run, Find(query));
  run->stop.request_stop();
  core::MutexLock lock(mutex_);
  changed_.NotifyAll();
  return arrow::Status::OK();
}

arrow::Result<QueryStatus> Executor::GetQueryStatus(QueryId query) const {
  ARROW_ASSIGN_OR_RAISE(const auto run, Find(query));
  core::MutexLock lock(mutex_);
  QueryStatus status;
  status.id = run->id;
  status.sql = run->sql;
  status.phase = run->phase;
  status.attempts = run->attempts;
  if (status.is_over() && !run->outcome.ok()) status.error = run->outcome.status().message();
  status.finished_tasks = run->finished_tasks;
  status.total_tasks = run->total_tasks;
  if (run->running != nullptr) CountTasks(*run, status.finished_tasks, status.total_tasks);
  const auto end = status.is_over() ? run->end : QueryRun::Clock::now();
  status.elapsed_ms =
      static_cast<uint64_t>(std::chrono::duration_cast<std::chrono::milliseconds>(end - run->start).count());
  return status;
}

void Executor::CountTasks(const QueryRun& run, uint32_t& finished, uint32_t& total) const {
  finished = total = 0;
  const auto started = run.running->Started();
  if (started.empty()) return;
  for (const auto& task : coordinator_->cluster->Tasks()) {
    if (std::find(started.begin(), started.end(), task.query) == started.end()) continue;
    total++;
    finished += task.state == "finished";
  }
}

arrow::Result<std::shared_ptr<QueryRun>> Executor::Find(QueryId query) const {
  core::MutexLock lock(mutex_);
  const auto at = runs_.find(query);
  if (at == runs_.end()) return arrow::Status::KeyError("no query ", query, ": unknown, or over since long");
  return at->second;
}

}  // namespace

arrow::Result<std::shared_ptr<DistributedExecutor>> DistributedExecutor::Make(std::shared_ptr<Coordinator> coordinator,
                                                                              ExecutorConfig config) {
  if (!coordinator) return arrow::Status::Invalid("an executor needs a coordinator");
  ARROW_RETURN_NOT_OK(Check(config));
  ARROW_RETURN_NOT_OK(CheckSlots(coordinator->config().default_partitions, coordinator->state()->cluster->Status()));
  core::QueryDatabaseOptions options;
  options.cluster = coordinator->state()->cluster;
  options.estimator = coordinator->config().task_estimator;
  options.task_count = coordinator->config().default_partitions;
  options.database = config.database;
  options.task_timeout = std::chrono::milliseconds(config.task_timeout_ms);
  ARROW_ASSIGN_OR_RAISE(auto database, core::QueryDatabase::Open(std::move(options)));
  return std::make_shared<Executor>(coordinator->state(), std::move(config), std::move(database));
}

}  // namespace skein
