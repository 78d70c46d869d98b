#include "worker/worker_node.h"

#include <filesystem>
#include <system_error>
#include <utility>

#include <unistd.h>

#include "base/error.h"
#include "base/ids.h"
#include "exchange/flight_channel.h"
#include "exchange/host_channel.h"
#include "exchange/local_channel.h"
#include "worker/control_channel.h"
#include "worker/control_service.h"
#include "worker/handshake.h"
#include "worker/private_directory.h"
#include "worker/query_table.h"

namespace skein::core {
namespace {

/// Of the process's memory, in quarters: what DuckDB gets, and what retained output may hold before it spills.
constexpr uint64_t kEngineQuarters = 3;
constexpr uint64_t kStoreQuarters = 1;

class Node : public WorkerNode, private ControlHandler {
 public:
  explicit Node(WorkerOptions options) : options_(std::move(options)) {}
  ~Node() override {
    // From the outside inwards: no new messages, then no tasks, then no readers of what they made.
    control_.reset();
    queries_.reset();
    host_.reset();
    data_.reset();
  }

  arrow::Status Open(std::unique_ptr<Engine> engine) {
    ARROW_RETURN_NOT_OK(CheckOptions());
    ARROW_RETURN_NOT_OK(MakeDirectory());
    ARROW_RETURN_NOT_OK(OpenStore());
    ARROW_RETURN_NOT_OK(OpenEngine(std::move(engine)));
    ARROW_ASSIGN_OR_RAISE(data_, DataServer::Start(options_.host, options_.data_port, options_.secret, *store_));
    // Without it, readers on this host come over Flight as all others do.
    host_ = HostServer::Start(incarnation_, options_.secret, *store_).ValueOr(nullptr);
    MakeQueries();
    ARROW_ASSIGN_OR_RAISE(control_,
                          ControlService::Start(options_.host, options_.control_port, options_.secret, *this));
    return arrow::Status::OK();
  }

  int control_port() const override { return control_->port(); }
  int data_port() const override { return data_->port(); }
  uint32_t running_tasks() const override { return environment_->running_tasks; }
  arrow::Status health() const override { return engine_->health(); }
  Incarnation incarnation() const override { return incarnation_; }

  arrow::Result<LoneTask> RunTask(wire::StartTask start, std::chrono::milliseconds limit) override {
    ARROW_RETURN_NOT_OK(health());
    if (environment_->running_tasks >= options_.task_slots) {
      return Unavailable("all task slots are in use: running=" + std::to_string(environment_->running_tasks));
    }
    return RunLoneTask(*environment_, std::move(start), limit);
  }
  void DropQuery(const QueryId& query) override { store_->DropQuery(query); }

 private:
  arrow::Status CheckOptions() const {
    if (options_.secret.empty()) return UserError("a worker needs a secret");
    if (options_.threads < 1) return UserError("threads must be at least 1, got " + std::to_string(options_.threads));
    return arrow::Status::OK();
  }

  arrow::Status MakeDirectory() {
    std::error_code error;
    const auto system = std::filesystem::temp_directory_path(error);
    ARROW_ASSIGN_OR_RAISE(
        directory_, PrivateDirectory::Make(options_.temp_dir.empty() && !error ? system.string() : options_.temp_dir));
    return arrow::Status::OK();
  }

  arrow::Status OpenStore() {
    RetainedStoreOptions store;
    store.memory_bytes = options_.retained_memory_bytes > 0 ? options_.retained_memory_bytes
                                                            : options_.memory_bytes / 4 * kStoreQuarters;
    store.disk_bytes = options_.disk_bytes;
    ARROW_ASSIGN_OR_RAISE(store.directory, directory_->MakeSubdirectory("store"));
    ARROW_ASSIGN_OR_RAISE(store_, RetainedStore::Make(std::move(store)));
    return arrow::Status::OK();
  }

  arrow::Status OpenEngine(std::unique_ptr<Engine> given) {
    engine_ = std::move(given);
    if (engine_) return arrow::Status::OK();
    EngineOptions engine;
    engine.threads = options_.threads;
    engine.memory_bytes = options_.memory_bytes / 4 * kEngineQuarters;
    ARROW_ASSIGN_OR_RAISE(engine.temp_dir, directory_->MakeSubdirectory("engine"));
    ARROW_ASSIGN_OR_RAISE(engine_, Engine::Open(std::move(engine)));
    return arrow::Status::OK();
  }

  void MakeQueries() {
    const std::string own_address = options_.host + ":" + std::to_string(data_->port());
    FlightChannelOptions flight;
    flight.secret = options_.secret;
    auto remote = MakeHostChannelResolver({.secret = options_.secret}, MakeFlightChannelResolver(std::move(flight)));
    auto resolver = MakeLocalChannelResolver(own_address, *store_, std::move(remote));
    environment_.reset(new TaskEnvironment{.engine = *engine_,
                                           .store = *store_,
                                           .resolver = std::move(resolver),
                                           .incarnation = incarnation_,
                                           .own_address = own_address,
                                           .split_low_water = 2 * static_cast<uint32_t>(options_.threads),
                                           .input_queue_bytes = options_.input_queue_bytes});
    QueryTableOptions queries;
    queries.capacity = {options_.task_slots, options_.memory_bytes};
    queries_ = std::make_unique<QueryTable>(queries, *environment_);
  }

  arrow::Result<wire::Welcome> Join(const std::shared_ptr<ControlPeer>& peer, const wire::Hello& hello) override {
    ARROW_RETURN_NOT_OK(CheckHello(hello));
    ARROW_RETURN_NOT_OK(health());
    queries_->Join(peer, hello);
    wire::Welcome welcome;
    welcome.set_protocol_version(kControlProtocolVersion);
    welcome.set_incarnation(environment_->incarnation);
    welcome.set_data_port(static_cast<uint32_t>(data_->port()));
    welcome.set_pid(static_cast<uint64_t>(getpid()));
    welcome.set_threads(static_cast<uint32_t>(options_.threads));
    welcome.set_memory_bytes(options_.memory_bytes);
    welcome.set_task_slots(options_.task_slots);
    return welcome;
  }
  void Handle(const std::shared_ptr<ControlPeer>& peer, wire::ToWorker message) override {
    queries_->Handle(peer, std::move(message));
  }
  void Leave(const std::shared_ptr<ControlPeer>& peer) override { queries_->Leave(peer); }

  const WorkerOptions options_;
  const Incarnation incarnation_ = RandomUint64();
  std::unique_ptr<PrivateDirectory> directory_;
  std::unique_ptr<RetainedStore> store_;
  std::unique_ptr<Engine> engine_;
  std::unique_ptr<DataServer> data_;
  std::unique_ptr<HostServer> host_;  // may be null
  std::unique_ptr<TaskEnvironment> environment_;
  std::unique_ptr<QueryTable> queries_;
  std::unique_ptr<ControlService> control_;
};

}  // namespace

arrow::Result<std::unique_ptr<WorkerNode>> WorkerNode::Start(WorkerOptions options) {
  return Start(std::move(options), nullptr);
}

arrow::Result<std::unique_ptr<WorkerNode>> WorkerNode::Start(WorkerOptions options, std::unique_ptr<Engine> engine) {
  auto node = std::make_unique<Node>(std::move(options));
  ARROW_RETURN_NOT_OK(node->Open(std::move(engine)));
  return node;
}

}  // namespace skein::core
