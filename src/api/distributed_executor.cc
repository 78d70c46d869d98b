#include "skein/distributed_executor.h"

#include <algorithm>
#include <utility>

#include "api/coordinator_state.h"
#include "api/plan_state.h"
#include "api/query_run.h"
#include "api/query_runs.h"
#include "api/ranges.h"
#include "api/slot_check.h"
#include "api/stage_sql.h"
#include "api/stage_tasks.h"
#include "base/error.h"
#include "base/mutex.h"

namespace skein {
namespace {

using TableResult = arrow::Result<std::shared_ptr<arrow::Table>>;

constexpr uint64_t kMaxConcurrent = 1024;
constexpr uint64_t kMaxQueued = 1'000'000;
constexpr uint64_t kMaxTaskTimeoutMs = 30ULL * 24 * 3600 * 1000;
constexpr uint64_t kMaxBatchRows = 1'048'576;

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
        runs_(config_.max_concurrent_queries, config_.max_queued_queries, coordinator_->config.max_task_attempts) {}

  ~Executor() override { runs_.StopAll(); }

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
    return runs_.TakeRows(*run);
  }
  TableResult Execute(const DistributedPlan& plan) override {
    ARROW_ASSIGN_OR_RAISE(const auto run, BeginPlan(plan));
    return runs_.TakeRows(*run);
  }

  arrow::Result<QueryId> Submit(const std::string& sql) override {
    ARROW_ASSIGN_OR_RAISE(const auto run, Begin(sql, nullptr));
    return run->id;
  }
  arrow::Result<QueryId> Submit(const DistributedPlan& plan) override {
    ARROW_ASSIGN_OR_RAISE(const auto run, BeginPlan(plan));
    return run->id;
  }

  TableResult Wait(QueryId query) override {
    ARROW_ASSIGN_OR_RAISE(const auto run, runs_.Find(query));
    return runs_.TakeRows(*run);
  }
  size_t ActiveQueryCount() const override { return runs_.running(); }
  arrow::Status CancelQuery(QueryId query) override { return runs_.Cancel(query); }
  arrow::Result<QueryStatus> GetQueryStatus(QueryId query) const override;

 private:
  using RunResult = arrow::Result<std::shared_ptr<QueryRun>>;
  RunResult Begin(const std::string& sql, std::shared_ptr<PlanState> plan) {
    return runs_.Enter(sql, std::move(plan), [this](QueryRun& run) { Drive(run); });
  }
  RunResult BeginPlan(const DistributedPlan& plan) {
    if (plan.state()->owner().lock() != database_) return arrow::Status::Invalid("a plan of another executor");
    return Begin(plan.sql(), plan.state());
  }
  void Drive(QueryRun& run);
  TableResult RunAttempts(QueryRun& run);
  TableResult RunOnce(QueryRun& run, bool& is_query);
  TableResult RunPrepared(QueryRun& run, core::PreparedQuery& prepared);
  void CountTasks(const QueryRun& run, uint32_t& finished, uint32_t& total) const;

  const std::shared_ptr<CoordinatorState> coordinator_;
  const ExecutorConfig config_;
  const std::shared_ptr<core::QueryDatabase> database_;
  QueryRuns runs_;
};

void Executor::Drive(QueryRun& run) {
  if (!runs_.WaitForTurn(run)) return runs_.Finish(run, core::CancelledError("cancelled before its turn"));
  runs_.Finish(run, RunAttempts(run));
}

TableResult Executor::RunAttempts(QueryRun& run) {
  while (true) {
    runs_.CountAttempt(run);
    bool is_query = true;
    auto outcome = RunOnce(run, is_query);
    if (run.stop.stop_requested() && !outcome.ok()) return core::CancelledError("the query was cancelled");
    if (outcome.ok() || !is_query || !runs_.WaitForRetry(run, outcome.status())) return outcome;
  }
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
    core::MutexLock lock(runs_.mutex());
    run.running = &prepared;
  }
  auto outcome = prepared.Execute(config_.batch_size, run.stop.get_token());
  core::MutexLock lock(runs_.mutex());
  CountTasks(run, run.finished_tasks, run.total_tasks);
  run.running = nullptr;
  return outcome;
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

arrow::Result<QueryStatus> Executor::GetQueryStatus(QueryId query) const {
  ARROW_ASSIGN_OR_RAISE(const auto run, runs_.Find(query));
  core::MutexLock lock(runs_.mutex());
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
