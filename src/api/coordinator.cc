#include "skein/coordinator.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "api/coordinator_state.h"
#include "api/ranges.h"
#include "api/secret.h"

namespace skein {
namespace {

constexpr uint32_t kMinIntervalMs = 10;
constexpr uint32_t kMaxIntervalMs = 60'000;
constexpr uint32_t kMaxTimeoutMs = 600'000;
constexpr uint32_t kMaxAttempts = 100;
constexpr uint32_t kMaxPartitions = 1024;

arrow::Status Check(const ClusterConfig& config) {
  ARROW_RETURN_NOT_OK(
      CheckRange("heartbeat_interval_ms", config.heartbeat_interval_ms, kMinIntervalMs, kMaxIntervalMs));
  ARROW_RETURN_NOT_OK(
      CheckRange("heartbeat_timeout_ms", config.heartbeat_timeout_ms, 2 * config.heartbeat_interval_ms, kMaxTimeoutMs));
  ARROW_RETURN_NOT_OK(CheckRange("max_task_attempts", config.max_task_attempts, 1, kMaxAttempts));
  ARROW_RETURN_NOT_OK(CheckRange("default_partitions", config.default_partitions, 0, kMaxPartitions));
  return CheckRange("connect_timeout_ms", config.connect_timeout_ms, 1, kMaxTimeoutMs);
}

WorkerStatus StatusOf(const core::WorkerInfo& info) {
  WorkerStatus status;
  status.id = info.worker;
  status.address = info.address;
  if (info.state == "ready") status.state = WorkerState::kReady;
  if (info.state == "lost") status.state = WorkerState::kLost;
  status.threads = info.threads;
  status.memory_bytes = info.memory_bytes;
  status.task_slots = info.task_slots;
  status.running_tasks = info.running_tasks;
  status.retained_bytes = info.retained_bytes;
  if (info.last_heartbeat) {
    const auto age = std::chrono::system_clock::now() - *info.last_heartbeat;
    status.heartbeat_age_ms = std::max<int64_t>(0, std::chrono::duration_cast<std::chrono::milliseconds>(age).count());
  }
  return status;
}

std::vector<WorkerStatus> StatusesOf(const std::vector<core::WorkerInfo>& infos) {
  std::vector<WorkerStatus> statuses;
  for (const auto& info : infos) statuses.push_back(StatusOf(info));
  return statuses;
}

}  // namespace

Coordinator::Coordinator(std::shared_ptr<CoordinatorState> state) : state_(std::move(state)) {}
Coordinator::~Coordinator() = default;

arrow::Result<std::shared_ptr<Coordinator>> Coordinator::Make(ClusterConfig config) {
  ARROW_RETURN_NOT_OK(Check(config));
  ARROW_ASSIGN_OR_RAISE(config.secret, ResolveSecret(config.secret));
  core::ClusterOptions options;
  options.secret = config.secret;
  options.worker_resolver = config.worker_resolver;
  options.channel_resolver = config.channel_resolver;
  options.connect_timeout = std::chrono::milliseconds(config.connect_timeout_ms);
  options.heartbeat_interval = std::chrono::milliseconds(config.heartbeat_interval_ms);
  options.heartbeat_timeout = std::chrono::milliseconds(config.heartbeat_timeout_ms);
  ARROW_ASSIGN_OR_RAISE(auto cluster, core::Cluster::Start(std::move(options)));
  auto state = std::make_shared<CoordinatorState>(std::move(config), std::move(cluster));
  return std::shared_ptr<Coordinator>(new Coordinator(std::move(state)));
}

const ClusterConfig& Coordinator::config() const { return state_->config; }

arrow::Result<WorkerId> Coordinator::RegisterWorker(const std::string& address) {
  return state_->cluster->AddWorker(address);
}

arrow::Status Coordinator::UnregisterWorker(WorkerId worker) { return state_->cluster->RemoveWorker(worker); }

arrow::Result<WorkerStatus> Coordinator::WorkerHeartbeat(WorkerId worker) {
  ARROW_ASSIGN_OR_RAISE(const auto info, state_->cluster->AskHeartbeat(worker));
  return StatusOf(info);
}

arrow::Result<std::vector<WorkerStatus>> Coordinator::CheckWorkerHealth() {
  ARROW_ASSIGN_OR_RAISE(const auto infos, state_->cluster->CheckHealth());
  return StatusesOf(infos);
}

std::vector<WorkerStatus> Coordinator::Workers() const { return StatusesOf(state_->cluster->Workers()); }

ClusterStatus Coordinator::ClusterStatus() const {
  const auto known = state_->cluster->Status();
  skein::ClusterStatus status;
  status.active_workers = known.active_workers;
  status.total_workers = known.total_workers;
  status.total_capacity = known.task_slots;
  status.running_tasks = known.running_tasks;
  status.running_queries = known.running_queries;
  status.threads = known.threads;
  status.processor_share = known.utilisation;
  return status;
}

}  // namespace skein
