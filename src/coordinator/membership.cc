#include "coordinator/membership.h"
#include "base/mutex.h"

#include <algorithm>
#include <utility>

namespace skein::core {

Membership::Membership(std::vector<std::string> addresses, MembershipOptions options, Timers& timers, OnLost on_lost)
    : options_(options), timers_(timers), on_lost_(std::move(on_lost)) {
  for (const auto& address : addresses) Add(address);
}

uint32_t Membership::Add(const std::string& address) {
  WorkerInfo info;
  info.worker = static_cast<uint32_t>(members_.size());
  info.address = address;
  info.state = "starting";
  members_.emplace_back();
  MutexLock lock(info_mutex_);
  return infos_.emplace(info.worker, std::move(info)).first->first;
}

void Membership::Remove(uint32_t worker) {
  members_[worker].is_removed = true;
  MutexLock lock(info_mutex_);
  infos_.erase(worker);
}

std::vector<std::shared_ptr<WorkerConnection>> Membership::TakeLeft(
    const std::function<bool(const QueryWorker&)>& is_used) {
  std::vector<std::shared_ptr<WorkerConnection>> connections;
  for (auto& member : members_) {
    if (!member.is_removed || !member.is_ready || is_used(member.view)) continue;
    connections.push_back(std::move(member.connection));
    member.is_ready = false;
    member.view.link.reset();
  }
  return connections;
}

void Membership::Start() {
  last_tick_ = timers_.Now();
  timers_.After(options_.heartbeat_interval, [this] { Tick(); });
}

void Membership::Join(uint32_t worker, JoinedWorker joined) {
  const std::string host = joined.address.substr(0, joined.address.rfind(':'));
  auto& member = members_[worker];
  member.is_ready = true;
  member.connection_id = joined.connection_id;
  member.connection = joined.connection;
  member.last_heartbeat = timers_.Now();
  member.last_cpu_us = 0;
  member.view = {.worker = worker,
                 .incarnation = joined.welcome.incarnation(),
                 .address = joined.address,
                 .data_address = host + ":" + std::to_string(joined.welcome.data_port()),
                 .threads = joined.welcome.threads(),
                 .memory_bytes = joined.welcome.memory_bytes(),
                 .link = joined.connection,
                 .task_slots = joined.welcome.task_slots()};
  ChangeInfo(worker, [&](WorkerInfo& info) {
    info.address = joined.address;
    info.pid = joined.welcome.pid();
    info.state = "ready";
    info.threads = joined.welcome.threads();
    info.memory_bytes = joined.welcome.memory_bytes();
    info.task_slots = joined.welcome.task_slots();
    info.running_tasks = 0;
    info.last_heartbeat.reset();
    info.utilisation = 0;
    info.retained_bytes = 0;
  });
}

const QueryWorker* Membership::Find(uint32_t worker, uint64_t connection_id) const {
  const auto& member = members_[worker];
  return member.is_ready && member.connection_id == connection_id ? &member.view : nullptr;
}

void Membership::OnHeartbeat(uint32_t worker, uint64_t connection_id, const wire::Heartbeat& heartbeat) {
  if (Find(worker, connection_id) == nullptr) return;
  auto& member = members_[worker];
  const auto now = timers_.Now();
  const double utilisation = UtilisationOf(member, heartbeat, now);
  member.last_heartbeat = now;
  member.last_cpu_us = heartbeat.cpu_us();
  ChangeInfo(worker, [&](WorkerInfo& info) {
    info.running_tasks = heartbeat.running_tasks();
    info.retained_bytes = heartbeat.retained_memory_bytes() + heartbeat.retained_disk_bytes();
    info.last_heartbeat = std::chrono::system_clock::now();
    info.utilisation = utilisation;
  });
}

double Membership::UtilisationOf(const Member& member, const wire::Heartbeat& heartbeat, SteadyTime now) {
  using Microseconds = std::chrono::duration<double, std::micro>;
  const double able_us = Microseconds(now - member.last_heartbeat).count() * member.view.threads;
  if (member.last_cpu_us == 0 || heartbeat.cpu_us() < member.last_cpu_us || able_us <= 0) return 0;
  return std::min(1.0, static_cast<double>(heartbeat.cpu_us() - member.last_cpu_us) / able_us);
}

void Membership::Lose(uint32_t worker, uint64_t connection_id, const std::string& reason) {
  if (Find(worker, connection_id) == nullptr) return;
  auto& member = members_[worker];
  member.is_ready = false;
  ChangeInfo(worker, [](WorkerInfo& info) {
    info.state = "lost";
    info.running_tasks = 0;
    info.utilisation = 0;
    info.retained_bytes = 0;
  });
  const QueryWorker view = member.view;
  member.view.link.reset();
  on_lost_(view, reason, std::move(member.connection));
}

void Membership::Tick() {
  const auto now = timers_.Now();
  const auto late = now - last_tick_ - options_.heartbeat_interval;
  last_tick_ = now;
  for (auto& member : members_) {
    // The process itself was stopped or suspended: it could not hear the workers, and that is not their fault.
    if (late > options_.heartbeat_interval) member.last_heartbeat += late;
  }
  ping_sequence_++;
  for (uint32_t worker = 0; worker < members_.size(); worker++) {
    if (members_[worker].is_ready) Check(worker, now);
  }
  timers_.After(options_.heartbeat_interval, [this] { Tick(); });
}

void Membership::Check(uint32_t worker, SteadyTime now) {
  auto& member = members_[worker];
  if (const auto exit = member.connection->CheckExit()) return Lose(worker, member.connection_id, *exit);
  const auto silent = std::chrono::duration_cast<std::chrono::milliseconds>(now - member.last_heartbeat);
  if (silent >= options_.heartbeat_timeout) {
    return Lose(worker, member.connection_id, "no heartbeat for " + std::to_string(silent.count()) + " ms");
  }
  Ping(worker);
}

void Membership::Ping(uint32_t worker) {
  auto& member = members_[worker];
  if (!member.is_ready) return;
  wire::ToWorker message;
  message.mutable_ping()->set_sequence(ping_sequence_);
  const auto status = member.connection->Send(std::move(message));
  if (!status.ok()) Lose(worker, member.connection_id, status.message());
}

std::vector<QueryWorker> Membership::Ready() const {
  std::vector<QueryWorker> ready;
  for (const auto& member : members_) {
    if (member.is_ready && !member.is_removed) ready.push_back(member.view);
  }
  return ready;
}

std::vector<std::shared_ptr<WorkerConnection>> Membership::TakeAll() {
  std::vector<std::shared_ptr<WorkerConnection>> connections;
  for (auto& member : members_) {
    if (member.is_ready) connections.push_back(std::move(member.connection));
    member.is_ready = false;
    member.view.link.reset();
  }
  return connections;
}

std::vector<WorkerInfo> Membership::Infos() const {
  MutexLock lock(info_mutex_);
  std::vector<WorkerInfo> infos;
  for (const auto& [worker, info] : infos_) infos.push_back(info);
  return infos;
}

void Membership::ChangeInfo(uint32_t worker, const std::function<void(WorkerInfo&)>& change) {
  MutexLock lock(info_mutex_);
  const auto at = infos_.find(worker);
  if (at != infos_.end()) change(at->second);
}

}  // namespace skein::core
