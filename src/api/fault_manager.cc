#include "skein/fault_manager.h"

#include <utility>

#include "api/checkpoint_store.h"
#include "base/error.h"
#include "base/mutex.h"
#include "coordinator/retry_policy.h"

namespace skein {
namespace {

using std::chrono::milliseconds;

core::RetryOptions OptionsOf(const FaultConfig& config) {
  core::RetryOptions options;
  options.max_attempts = config.max_task_attempts;
  options.max_query_retries = config.max_query_retries;
  options.delay = milliseconds(config.retry_delay_ms);
  options.max_delay = milliseconds(config.max_retry_delay_ms);
  return options;
}

core::RetriedTask ToCore(const TaskId& id) { return {id.query, id.stage, id.task}; }

TaskId FromCore(const core::RetriedTask& task) { return {task.query, task.stage, task.task}; }

uint32_t FirstMissing(const std::set<uint32_t>& completed) {
  uint32_t stage = 0;
  while (completed.contains(stage)) stage++;
  return stage;
}

}  // namespace

struct FaultManager::State {
  State(FaultConfig config, Clock clock)
      : config(std::move(config)),
        clock(std::move(clock)),
        retries(OptionsOf(this->config)),
        checkpoints(this->config.checkpoint_directory) {}

  const FaultConfig config;
  const Clock clock;
  core::Mutex mutex;
  core::RetryPolicy retries GUARDED_BY(mutex);      // as all below
  std::map<core::RetriedTask, uint32_t> failed_on;  // the worker, of tasks that wait for a retry
  std::map<uint32_t, uint32_t> worker_failures;
  FaultStats stats;
  // Files are written without the other lock.
  core::Mutex checkpoint_mutex;
  CheckpointStore checkpoints GUARDED_BY(checkpoint_mutex);  // as below
  std::map<std::string, core::SteadyTime> checked_at;        // by query
};

FaultManager::FaultManager(FaultConfig config)
    : FaultManager(std::move(config), [] { return std::chrono::steady_clock::now(); }) {}

FaultManager::FaultManager(FaultConfig config, Clock clock)
    : state_(std::make_unique<State>(std::move(config), std::move(clock))) {}

FaultManager::~FaultManager() = default;

TaskRecoveryAction FaultManager::HandleTaskFailure(const TaskId& task, uint32_t worker, const arrow::Status& error) {
  core::MutexLock lock(state_->mutex);
  state_->stats.total_failed_tasks++;
  auto verdict = state_->retries.OnFailure(ToCore(task), error, state_->clock());
  if (auto* given_up = std::get_if<core::RetryPolicy::GiveUp>(&verdict)) {
    state_->stats.given_up_tasks++;
    std::erase_if(state_->failed_on, [&](const auto& entry) { return entry.first.query == task.query; });
    return Fail{std::move(given_up->reason)};
  }
  state_->stats.total_retries++;
  state_->failed_on[ToCore(task)] = worker;
  return Retry{std::get<core::RetryPolicy::Retry>(verdict).delay.count()};
}

std::optional<RetryTask> FaultManager::NextRetry() {
  core::MutexLock lock(state_->mutex);
  const auto task = state_->retries.TakeDue(state_->clock());
  if (!task) return std::nullopt;
  const auto worker = state_->failed_on.extract(*task).mapped();
  return RetryTask{FromCore(*task), state_->retries.failures(*task), worker};
}

std::optional<int64_t> FaultManager::NextRetryDelayMs() const {
  core::MutexLock lock(state_->mutex);
  const auto next = state_->retries.NextTime();
  if (!next) return std::nullopt;
  return std::max<int64_t>(0, std::chrono::ceil<milliseconds>(*next - state_->clock()).count());
}

void FaultManager::ForgetQuery(const std::string& query) {
  core::MutexLock lock(state_->mutex);
  state_->retries.Forget(query);
  std::erase_if(state_->failed_on, [&](const auto& entry) { return entry.first.query == query; });
}

WorkerRecoveryAction FaultManager::HandleWorkerFailure(uint32_t worker) {
  core::MutexLock lock(state_->mutex);
  state_->stats.total_worker_failures++;
  const auto failures = ++state_->worker_failures[worker];
  if (failures < state_->config.worker_failure_threshold) return MarkUnhealthy{worker, failures};
  if (failures == state_->config.worker_failure_threshold) state_->stats.removed_workers++;
  return Remove{worker,
                "worker failed too often: worker=" + std::to_string(worker) + " failures=" + std::to_string(failures)};
}

void FaultManager::HandleWorkerSuccess(uint32_t worker) {
  core::MutexLock lock(state_->mutex);
  state_->worker_failures.erase(worker);
}

FaultStats FaultManager::GetStats() const {
  FaultStats stats;
  {
    core::MutexLock lock(state_->mutex);
    stats = state_->stats;
    stats.pending_retries = state_->retries.pending();
  }
  core::MutexLock lock(state_->checkpoint_mutex);
  stats.checkpoints = state_->checkpoints.kept();
  return stats;
}

bool FaultManager::IsCheckpointDue(const std::string& query) const {
  if (!state_->config.enable_checkpoints) return false;
  core::MutexLock lock(state_->checkpoint_mutex);
  const auto last = state_->checked_at.find(query);
  return last == state_->checked_at.end() ||
         state_->clock() - last->second >= milliseconds(state_->config.checkpoint_interval_ms);
}

arrow::Status FaultManager::CreateCheckpoint(const std::string& query, const std::vector<uint32_t>& completed_stages,
                                             const std::map<uint32_t, arrow::RecordBatchVector>& data) {
  if (!state_->config.enable_checkpoints) return core::UserError("checkpoints are not enabled");
  core::MutexLock lock(state_->checkpoint_mutex);
  ARROW_RETURN_NOT_OK(state_->checkpoints.Keep(query, {{completed_stages.begin(), completed_stages.end()}, data}));
  state_->checked_at[query] = state_->clock();
  return arrow::Status::OK();
}

arrow::Result<std::optional<RecoveryPlan>> FaultManager::RecoverFromCheckpoint(const std::string& query) const {
  core::MutexLock lock(state_->checkpoint_mutex);
  ARROW_ASSIGN_OR_RAISE(auto found, state_->checkpoints.Read(query));
  if (!found) return std::nullopt;
  return RecoveryPlan{
      FirstMissing(found->completed), {found->completed.begin(), found->completed.end()}, std::move(found->data)};
}

arrow::Status FaultManager::DropCheckpoint(const std::string& query) {
  core::MutexLock lock(state_->checkpoint_mutex);
  state_->checked_at.erase(query);
  return state_->checkpoints.Drop(query);
}

}  // namespace skein
