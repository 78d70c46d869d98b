#include <algorithm>
#include <chrono>
#include <exception>
#include <future>
#include <optional>
#include <set>
#include <system_error>
#include <utility>

#include <unistd.h>

#include "base/error.h"
#include "base/mutex.h"
#include "coordinator/cluster_impl.h"
#include "coordinator/connect_worker.h"
#include "coordinator/message_allowance.h"

namespace skein::core {
namespace {

/// How long queries do not try again to reach workers that kept them waiting, while others are there.
constexpr std::chrono::seconds kRetryPause{10};
constexpr std::chrono::milliseconds kQuickRefusal{500};
/// A worker whose messages wait for the event loop with more than this is given up.
constexpr uint64_t kMaxWaitingBytes = uint64_t{256} << 20;
constexpr uint64_t kMessageBytes = 256;  // what a message takes besides its text

/// Set as long as it lives, whatever is thrown.
class Flag {
 public:
  explicit Flag(std::atomic<bool>& flag) : flag_(flag) { flag_ = true; }
  ~Flag() { flag_ = false; }

 private:
  std::atomic<bool>& flag_;
};

/// The process that was the first to start a cluster. It is one for all clusters, as gRPC is: a forked copy has gRPC's
/// state without its threads, also a while after the last cluster was closed, and its calls end at no deadline.
pid_t FirstProcess() {
  static const pid_t first = getpid();
  return first;
}

arrow::Status CheckOneAddress(const std::string& address) {
  ARROW_ASSIGN_OR_RAISE(const auto spec, ClusterSpec::Parse(address));
  if (spec.addresses.size() == 1) return arrow::Status::OK();
  return UserError("not the address of one worker, host:port: '" + address + "'");
}

// A user's own code: whatever it throws is an error of its.
arrow::Result<std::vector<std::string>> AskResolver(skein::WorkerResolver& resolver) {
  try {
    ARROW_ASSIGN_OR_RAISE(auto wanted, resolver.Resolve());
    for (const auto& address : wanted) ARROW_RETURN_NOT_OK(CheckOneAddress(address));
    return wanted;
  } catch (const std::exception& error) {
    return UserError(std::string("the worker resolver threw: ") + error.what());
  }
}

}  // namespace

arrow::Status ClusterImpl::Open() {
  std::vector<uint32_t> all;
  for (uint32_t worker = 0; worker < options_.spec.worker_count(); worker++) all.push_back(worker);
  for (const auto& status : BringUp(all)) ARROW_RETURN_NOT_OK(status);
  return arrow::Status::OK();
}

bool ClusterImpl::IsForkedCopy() { return getpid() != FirstProcess(); }

arrow::Status ClusterImpl::CheckProcess() {
  if (!IsForkedCopy()) return arrow::Status::OK();
  return UserError(
      "a forked process cannot use a cluster when its parent has: start a new process instead (in Python "
      "multiprocessing.get_context('spawn')): process=" +
          std::to_string(getpid()) + " parent=" + std::to_string(FirstProcess()),
      "Invalid Input");
}

arrow::Status ClusterImpl::EnsureReady() {
  ARROW_RETURN_NOT_OK(CheckProcess());
  // A worker that does not answer is waited for by one query at a time, while others can run on the rest.
  if (!is_local() && is_bringing_up_ && IsAnyReady()) return arrow::Status::OK();
  MutexLock lock(bring_up_mutex_);
  const auto followed = FollowResolver();
  const bool is_pausing = !is_local() && IsAnyReady() && std::chrono::steady_clock::now() < next_bring_up_;
  const auto brought = is_pausing ? arrow::Status::OK() : BringUpMissing();
  if (is_local()) return brought;
  if (IsAnyReady()) return arrow::Status::OK();
  if (!followed.ok()) return followed;
  if (brought.ok()) return Unavailable("the cluster has no worker");
  return Unavailable("no worker is left: " + brought.message());
}

bool ClusterImpl::IsAnyReady() const {
  const auto infos = Workers();
  return std::any_of(infos.begin(), infos.end(), [](const WorkerInfo& info) { return info.state == "ready"; });
}

arrow::Status ClusterImpl::BringUpMissing() {
  std::vector<uint32_t> missing;
  for (const auto& info : Workers()) {
    if (info.state != "ready") missing.push_back(info.worker);
  }
  if (missing.empty()) return arrow::Status::OK();
  const auto start = std::chrono::steady_clock::now();
  arrow::Status first_error;
  {
    const Flag bringing_up(is_bringing_up_);
    for (const auto& status : BringUp(missing)) {
      if (first_error.ok()) first_error = status;
    }
  }
  const auto end = std::chrono::steady_clock::now();
  if (end - start > kQuickRefusal) next_bring_up_ = end + kRetryPause;
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
  ARROW_ASSIGN_OR_RAISE(const auto wanted, AskResolver(*options_.worker_resolver));
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
  ARROW_RETURN_NOT_OK(CheckOneAddress(address));
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
  if (asked.state == "ready") {
    RunOnLoop([&] {
      heartbeat_waits_[worker].push_back(answered);
      membership_.Ping(worker);
    });
  }
  const auto limit = options_.heartbeat_timeout;
  if (asked.state != "ready" || answered->get_future().wait_for(limit) != std::future_status::ready) {
    return Unavailable("no heartbeat: worker=" + std::to_string(worker) + " address=" + asked.address + " state=" +
                       asked.state + " waited_ms=" + std::to_string(asked.state == "ready" ? limit.count() : 0));
  }
  return InfoOf(worker);
}

std::vector<arrow::Status> ClusterImpl::BringUp(const std::vector<uint32_t>& workers) {
  std::vector<std::future<arrow::Status>> starting;
  std::vector<arrow::Status> statuses;
  for (const uint32_t worker : workers) {
    try {
      starting.push_back(std::async(std::launch::async, [this, worker] { return BringUpOne(worker); }));
    } catch (const std::system_error& error) {
      statuses.push_back(Unavailable("no thread to start worker " + std::to_string(worker) + ": " + error.what()));
    }
  }
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
  connect.on_message = MessageHandler(worker, id);
  connect.on_lost = [this, worker, id](const std::string& reason) {
    loop_.Post([this, worker, id, reason] { membership_.Lose(worker, id, reason); });
  };
  ARROW_ASSIGN_OR_RAISE(auto joined, ConnectWorker(std::move(connect)));
  return Join(worker, joined);
}

std::function<void(wire::FromWorker)> ClusterImpl::MessageHandler(uint32_t worker, uint64_t id) {
  const auto allowance = std::make_shared<MessageAllowance>(kMaxWaitingBytes);
  return [this, worker, id, allowance](wire::FromWorker message) {
    const uint64_t bytes = message.ByteSizeLong() + kMessageBytes;
    const auto answer = allowance->Take(bytes);
    if (answer == MessageAllowance::Answer::kTaken) {
      loop_.Post([this, worker, id, allowance, bytes, message = std::move(message)] {
        OnMessage(worker, id, message);
        allowance->GiveBack(bytes);
      });
    }
    if (answer != MessageAllowance::Answer::kOver) return;
    const auto reason = "it sends more than is handled: limit_bytes=" + std::to_string(kMaxWaitingBytes);
    loop_.Post([this, worker, id, reason] { membership_.Lose(worker, id, reason); });
  };
}

arrow::Status ClusterImpl::Join(uint32_t worker, const JoinedWorker& joined) {
  std::optional<uint32_t> other;
  RunOnLoop([&] {
    for (const auto& ready : membership_.Ready()) {
      if (ready.worker != worker && ready.incarnation == joined.welcome.incarnation()) other = ready.worker;
    }
    if (!other) membership_.Join(worker, joined);
  });
  if (!other) return arrow::Status::OK();
  joined.connection->End();
  return UserError("worker " + std::to_string(*other) + " is the same one, under another address: " + joined.address);
}

}  // namespace skein::core
