#include "skein/worker.h"

#include <charconv>
#include <chrono>
#include <utility>

#include "api/message_wire.h"
#include "api/ranges.h"
#include "api/secret.h"
#include "api/task_name_wire.h"
#include "worker/worker_node.h"

namespace skein {
namespace {

constexpr uint32_t kMaxThreads = 1024;
constexpr uint64_t kMinMemoryBytes = uint64_t{64} << 20;
constexpr uint64_t kMaxMemoryBytes = uint64_t{1} << 50;
constexpr uint32_t kMaxTaskSlots = 65'536;
constexpr int kMaxPort = 65'535;
constexpr uint64_t kMaxTaskTimeoutMs = 30ULL * 24 * 3600 * 1000;

arrow::Status ParseAddress(const std::string& address, std::string& host, int& port) {
  const auto colon = address.rfind(':');
  const auto* end = address.data() + address.size();
  if (colon != std::string::npos && colon > 0) {
    const auto parsed = std::from_chars(address.data() + colon + 1, end, port);
    if (parsed.ec == std::errc() && parsed.ptr == end && 0 <= port && port <= kMaxPort) {
      host = address.substr(0, colon);
      return arrow::Status::OK();
    }
  }
  return arrow::Status::Invalid("not an address, host:port: '", address, "'");
}

class WorkerImpl : public Worker {
 public:
  WorkerImpl(std::unique_ptr<core::WorkerNode> node, const std::string& host, uint32_t task_slots,
             uint64_t task_timeout_ms)
      : node_(std::move(node)),
        host_(host),
        address_(host + ":" + std::to_string(node_->control_port())),
        task_slots_(task_slots),
        task_timeout_(task_timeout_ms) {}

  ~WorkerImpl() override {
    // Before its ports close, so that the coordinator sees it leave and not die; a query that still needs it fails.
    if (coordinator_) (void)coordinator_->UnregisterWorker(number_);
  }

  arrow::Status Register(std::shared_ptr<Coordinator> coordinator) {
    ARROW_ASSIGN_OR_RAISE(number_, coordinator->RegisterWorker(address_));
    coordinator_ = std::move(coordinator);
    return arrow::Status::OK();
  }

  uint64_t id() const override { return node_->incarnation(); }
  const std::string& address() const override { return address_; }
  bool CanAcceptTask() const override { return node_->health().ok() && node_->running_tasks() < task_slots_; }
  uint32_t running_tasks() const override { return node_->running_tasks(); }

  arrow::Result<TaskResult> ExecuteTask(const skein::ExecuteTask& task) override {
    ARROW_ASSIGN_OR_RAISE(auto message, ToWire(CoordinatorMessage::Value(task)));
    ARROW_ASSIGN_OR_RAISE(auto done, node_->RunTask(std::move(*message.mutable_start()), task_timeout_));
    ARROW_ASSIGN_OR_RAISE(auto report, FromWire(done.report));
    TaskResult result;
    result.report = std::get<TaskComplete>(std::move(report));
    result.rows = std::move(done.rows);
    result.producer.address = host_ + ":" + std::to_string(node_->data_port());
    result.producer.task = task.task.id.task;
    result.producer.attempt = task.task.attempt;
    result.producer.incarnation = node_->incarnation();
    return result;
  }
  arrow::Status DropOutput(const std::string& query) override {
    ARROW_ASSIGN_OR_RAISE(const auto name, NameToWire({.id = {.query = query}}));
    ARROW_ASSIGN_OR_RAISE(const auto id, core::QueryId::FromBytes(name.query()));
    node_->DropQuery(id);
    return arrow::Status::OK();
  }

 private:
  const std::unique_ptr<core::WorkerNode> node_;
  const std::string host_;
  const std::string address_;
  const uint32_t task_slots_;
  const std::chrono::milliseconds task_timeout_;
  std::shared_ptr<Coordinator> coordinator_;  // null: alone
  WorkerId number_ = 0;                       // with it
};

arrow::Result<std::unique_ptr<WorkerImpl>> StartAlone(WorkerOptions options) {
  ARROW_RETURN_NOT_OK(CheckRange("threads", options.threads, 1, kMaxThreads));
  ARROW_RETURN_NOT_OK(CheckRange("memory_bytes", options.memory_bytes, kMinMemoryBytes, kMaxMemoryBytes));
  ARROW_RETURN_NOT_OK(CheckRange("task_slots", options.task_slots, 1, kMaxTaskSlots));
  ARROW_RETURN_NOT_OK(CheckRange("task_timeout_ms", options.task_timeout_ms, 1, kMaxTaskTimeoutMs));
  core::WorkerOptions node;
  ARROW_RETURN_NOT_OK(ParseAddress(options.address, node.host, node.control_port));
  ARROW_ASSIGN_OR_RAISE(node.secret, ResolveSecret(options.secret));
  node.data_port = options.data_port;
  node.threads = static_cast<int>(options.threads);
  node.memory_bytes = options.memory_bytes;
  node.task_slots = options.task_slots;
  node.temp_dir = options.temp_directory;
  const auto host = node.host;
  ARROW_ASSIGN_OR_RAISE(auto started, core::WorkerNode::Start(std::move(node)));
  return std::make_unique<WorkerImpl>(std::move(started), host, options.task_slots, options.task_timeout_ms);
}

}  // namespace

arrow::Result<std::unique_ptr<Worker>> Worker::Start(WorkerOptions options) { return StartAlone(std::move(options)); }

arrow::Result<std::unique_ptr<Worker>> Worker::StartWith(WorkerOptions options,
                                                         std::shared_ptr<Coordinator> coordinator) {
  if (!coordinator) return arrow::Status::Invalid("no coordinator to register with: use Worker::Start");
  if (options.secret.empty()) options.secret = coordinator->config().secret;
  ARROW_ASSIGN_OR_RAISE(auto worker, StartAlone(std::move(options)));
  ARROW_RETURN_NOT_OK(worker->Register(std::move(coordinator)));
  return worker;
}

}  // namespace skein
