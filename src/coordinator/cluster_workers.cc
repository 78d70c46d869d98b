#include <algorithm>
#include <future>
#include <set>
#include <utility>

#include "base/mutex.h"
#include "base/error.h"
#include "coordinator/cluster_impl.h"
#include "coordinator/connect_worker.h"

namespace skein::core {

arrow::Status ClusterImpl::Open() {
  std::vector<uint32_t> all;
  for (uint32_t worker = 0; worker < options_.spec.worker_count(); worker++) all.push_back(worker);
  for (const auto& status : BringUp(all)) ARROW_RETURN_NOT_OK(status);
  return arrow::Status::OK();
}

arrow::Status ClusterImpl::CheckProcess() const {
  if (!IsForkedCopy()) return arrow::Status::OK();
  return UserError("a forked process cannot use the cluster of its parent: open a connection of its own: process=" +
                       std::to_string(getpid()) + " parent=" + std::to_string(process_),
                   "Invalid Input");
}

arrow::Status ClusterImpl::EnsureReady() {
  ARROW_RETURN_NOT_OK(CheckProcess());
  MutexLock lock(bring_up_mutex_);
  const auto followed = FollowResolver();
  const auto brought = BringUpMissing();
  if (is_local()) return brought;
  for (const auto& info : Workers()) {
    if (info.state == "ready") return arrow::Status::OK();
  }
  if (!followed.ok()) return followed;
  if (brought.ok()) return Unavailable("the cluster has no worker");
  return Unavailable("no worker is left: " + brought.message());
}

arrow::Status ClusterImpl::BringUpMissing() {
  std::vector<uint32_t> missing;
  for (const auto& info : Workers()) {
    if (info.state != "ready") missing.push_back(info.worker);
  }
  arrow::Status first_error;
  for (const auto& status : BringUp(missing)) {
    if (first_error.ok()) first_error = status;
  }
  return first_error;
}

arrow::Result<std::vector<WorkerInfo>> ClusterImpl::CheckHealth() {
  ARROW_RETURN_NOT_OK(CheckProcess());
  MutexLock lock(bring_up_mutex_);
  ARROW_RETURN_NOT_OK(FollowResolver());
  // Whoever does not come back is shown as lost.
  (void)BringUpMissing();
  return Workers();
}

arrow::Status ClusterImpl::FollowResolver() {
  if (!options_.worker_resolver) return arrow::Status::OK();
  ARROW_ASSIGN_OR_RAISE(auto wanted, options_.worker_resolver->Resolve());
  for (const auto& address : wanted) ARROW_RETURN_NOT_OK(ClusterSpec::Parse(address).status());
  std::set<std::string> missing(wanted.begin(), wanted.end());
  for (const auto& info : Workers()) {
    if (missing.erase(info.address) == 0) RemoveNumber(info.worker);
  }
  for (const auto& address : missing) AddAddress(address);
  return arrow::Status::OK();
}

arrow::Status ClusterImpl::CheckMayChange() const {
  ARROW_RETURN_NOT_OK(CheckProcess());
  if (is_local()) return UserError("the workers are processes of this cluster: name another number of them instead");
  if (options_.worker_resolver) return UserError("the cluster's workers are those that its worker resolver names");
  return arrow::Status::OK();
}

arrow::Result<uint32_t> ClusterImpl::AddWorker(const std::string& address) {
  ARROW_RETURN_NOT_OK(CheckMayChange());
  ARROW_ASSIGN_OR_RAISE(const auto spec, ClusterSpec::Parse(address));
  if (spec.addresses.size() != 1) return UserError("not the address of one worker, host:port: '" + address + "'");
  MutexLock lock(bring_up_mutex_);
  for (const auto& info : Workers()) {
    if (info.address == address) return UserError("a worker of this address is there already: " + address);
  }
  const auto worker = AddAddress(address);
  const auto brought = BringUpOne(worker);
  if (brought.ok()) return worker;
  RemoveNumber(worker);
  return brought;
}

arrow::Status ClusterImpl::RemoveWorker(uint32_t worker) {
  ARROW_RETURN_NOT_OK(CheckMayChange());
  MutexLock lock(bring_up_mutex_);
  ARROW_RETURN_NOT_OK(InfoOf(worker).status());
  RemoveNumber(worker);
  return arrow::Status::OK();
}

uint32_t ClusterImpl::AddAddress(const std::string& address) {
  uint32_t worker = 0;
  RunOnLoop([&] { worker = membership_.Add(address); });
  return worker;
}

void ClusterImpl::RemoveNumber(uint32_t worker) {
  RunOnLoop([&] {
    membership_.Remove(worker);
    LetGo();
  });
}

arrow::Result<WorkerInfo> ClusterImpl::InfoOf(uint32_t worker) const {
  for (auto& info : Workers()) {
    if (info.worker == worker) return info;
  }
  return UserError("the cluster has no worker " + std::to_string(worker));
}

arrow::Result<WorkerInfo> ClusterImpl::AskHeartbeat(uint32_t worker) {
  ARROW_RETURN_NOT_OK(CheckProcess());
  ARROW_ASSIGN_OR_RAISE(const auto asked, InfoOf(worker));
  const auto answered = std::make_shared<std::promise<void>>();
  RunOnLoop([&] {
    heartbeat_waits_[worker].push_back(answered);
    membership_.Ping(worker);
  });
  const auto limit = options_.heartbeat_timeout;
  if (asked.state != "ready" || answered->get_future().wait_for(limit) != std::future_status::ready) {
    return Unavailable("no heartbeat: worker=" + std::to_string(worker) + " address=" + asked.address + " state=" +
                       asked.state + " waited_ms=" + std::to_string(asked.state == "ready" ? limit.count() : 0));
  }
  return InfoOf(worker);
}

std::vector<arrow::Status> ClusterImpl::BringUp(const std::vector<uint32_t>& workers) {
  std::vector<std::future<arrow::Status>> starting;
  for (const uint32_t worker : workers) {
    starting.push_back(std::async(std::launch::async, [this, worker] { return BringUpOne(worker); }));
  }
  std::vector<arrow::Status> statuses;
  for (auto& one : starting) statuses.push_back(one.get());
  return statuses;
}

arrow::Result<std::unique_ptr<LocalWorker>> ClusterImpl::SpawnOnLoop(uint32_t worker) {
  LocalWorkerOptions local;
  local.worker = worker;
  local.binary = options_.worker_binary;
  local.threads = options_.spec.threads;
  local.memory_bytes = options_.spec.memory_bytes;
  local.temp_dir = options_.temp_dir;
  local.secret = options_.secret;
  arrow::Result<std::unique_ptr<LocalWorker>> spawned = InternalError("not spawned");
  RunOnLoop([&] { spawned = LocalWorker::Spawn(local); });
  return spawned;
}

arrow::Status ClusterImpl::BringUpOne(uint32_t worker) {
  ConnectOptions connect;
  connect.worker = worker;
  connect.connection_id = next_connection_id_++;
  if (is_local()) {
    ARROW_ASSIGN_OR_RAISE(connect.process, SpawnOnLoop(worker));
  } else {
    ARROW_ASSIGN_OR_RAISE(const auto info, InfoOf(worker));
    connect.address = info.address;
    connect.reached_at = channel_options_.reached_at;
  }
  connect.secret = options_.secret;
  connect.start_timeout = options_.start_timeout;
  connect.connect_timeout = options_.connect_timeout;
  connect.heartbeat_interval = options_.heartbeat_interval;
  const uint64_t id = connect.connection_id;
  connect.on_message = [this, worker, id](wire::FromWorker message) {
    loop_.Post([this, worker, id, message = std::move(message)] { OnMessage(worker, id, message); });
  };
  connect.on_lost = [this, worker, id](const std::string& reason) {
    loop_.Post([this, worker, id, reason] { membership_.Lose(worker, id, reason); });
  };
  ARROW_ASSIGN_OR_RAISE(auto joined, ConnectWorker(std::move(connect)));
  RunOnLoop([&] { membership_.Join(worker, joined); });
  return arrow::Status::OK();
}

}  // namespace skein::core
