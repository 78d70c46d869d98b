#include "coordinator/cluster.h"

#include <atomic>
#include <future>
#include <list>
#include <map>
#include <mutex>
#include <thread>
#include <utility>

#include <unistd.h>

#include "base/error.h"
#include "coordinator/client_end.h"
#include "coordinator/connect_worker.h"
#include "coordinator/event_loop.h"
#include "coordinator/machine_share.h"
#include "coordinator/query_state.h"
#include "coordinator/stage_figures.h"
#include "coordinator/upload_thread.h"
#include "exchange/flight_channel.h"
#include "exchange/host_channel.h"

namespace skein::core {
namespace {

class ClusterImpl;

/// What the client holds of a query.
class Execution : public QueryExecution {
 public:
  Execution(QueryId query, std::shared_ptr<ClusterImpl> cluster, std::shared_ptr<ClientEnd> client)
      : query_(query), cluster_(std::move(cluster)), client_(std::move(client)) {}
  ~Execution() override;

  QueryId id() const override { return query_; }
  Receiver& result() override { return *client_; }
  arrow::Result<bool> TryFinish(std::function<void()> wake) override { return client_->TryFinish(std::move(wake)); }
  void Cancel(const std::string& reason) override;

 private:
  const QueryId query_;
  const std::shared_ptr<ClusterImpl> cluster_;
  const std::shared_ptr<ClientEnd> client_;
};

// Threads: membership_ and queries_ belong to the event loop. What the callbacks of connections and timers capture is a
// plain pointer to this: the loop, the connections and their threads are all ended before it is gone.
class ClusterImpl : public Cluster, public std::enable_shared_from_this<ClusterImpl> {
 public:
  explicit ClusterImpl(ClusterOptions options);
  ~ClusterImpl() override;

  /// Starts all workers.
  arrow::Status Open();

  arrow::Status EnsureReady() override;
  arrow::Result<std::unique_ptr<QueryExecution>> Execute(QueryRequest request) override;
  std::vector<WorkerInfo> Workers() const override { return membership_.Infos(); }
  std::vector<QueryInfo> Queries() const override { return history_.Queries(loop_.Now()); }
  std::vector<TaskInfo> Tasks() const override { return history_.Tasks(); }
  std::vector<StageInfo> Stages() const override { return history_.Stages(); }
  ClusterStatus Status() const override;

  /// Does something with a query on the loop's thread, if it is there still. Any thread.
  void PostToQuery(const QueryId& query, std::function<void(QueryState&)> action);
  bool IsLoopThread() const { return loop_.IsLoopThread(); }
  /// Says whether this is a forked copy of the process that started the cluster: there are no threads and no workers.
  bool IsForkedCopy() const { return getpid() != process_; }

 private:
  struct RunningQuery {
    std::shared_ptr<ClientEnd> client;
    std::unique_ptr<Uploader> uploader;
    std::unique_ptr<QueryState> state;
  };

  // --- any thread but the loop's
  std::vector<arrow::Status> BringUp(const std::vector<uint32_t>& workers);
  arrow::Status BringUpOne(uint32_t worker);
  arrow::Result<std::unique_ptr<LocalWorker>> SpawnOnLoop(uint32_t worker);
  void RunOnLoop(const std::function<void()>& action);
  bool is_local() const { return options_.spec.local_workers > 0; }
  arrow::Status CheckProcess() const;

  // --- the loop's thread
  void OnMessage(uint32_t worker, uint64_t connection_id, const wire::FromWorker& message);
  void OnLost(const QueryWorker& worker, const std::string& reason, std::shared_ptr<WorkerConnection> connection);
  void StartQuery(const QueryId& query, QueryRequest request, std::shared_ptr<ClientEnd> client);
  void ForgetReleased();
  /// Runs what waits on a thread of its own, which the destructor joins.
  void RunAside(std::function<void()> action);

  const pid_t process_ = getpid();
  const ClusterOptions options_;
  const FlightChannelOptions channel_options_;
  const std::shared_ptr<ChannelResolver> resolver_;
  std::mutex bring_up_mutex_;  // one EnsureReady at a time
  std::atomic<uint64_t> next_connection_id_{1};
  QueryHistory history_;
  EventLoop loop_;
  Membership membership_;
  std::map<QueryId, RunningQuery> queries_;
  uint64_t query_count_ = 0;
  std::list<std::future<void>> aside_;  // the loop's thread, and the destructor's after it
};

/// Brings what the client's end tells to the query, on the loop's thread.
class QueryListener : public ClientEndListener {
 public:
  QueryListener(QueryId query, ClusterImpl& cluster) : query_(query), cluster_(cluster) {}
  void OnTaken(const IdSummary& taken) override {
    cluster_.PostToQuery(query_, [taken](QueryState& state) { state.OnClientTaken(taken); });
  }
  void OnStopped() override {
    cluster_.PostToQuery(query_, [](QueryState& state) { state.OnClientStopped(); });
  }
  void OnReadError(const arrow::Status& status) override {
    cluster_.PostToQuery(query_, [status](QueryState& state) { state.OnClientFailed(status); });
  }

 private:
  const QueryId query_;
  ClusterImpl& cluster_;
};

Execution::~Execution() {
  Cancel("the query was closed by its client");
  client_->Close();
}

void Execution::Cancel(const std::string& reason) {
  cluster_->PostToQuery(query_, [reason](QueryState& state) { state.Cancel(reason); });
}

ClusterOptions WithDefaults(ClusterOptions options) {
  auto& spec = options.spec;
  if (spec.local_workers == 0) return options;
  if (spec.threads == 0) spec.threads = DefaultWorkerThreads(spec.local_workers);
  if (spec.memory_bytes == 0) spec.memory_bytes = DefaultWorkerMemoryBytes(spec.local_workers);
  options.secret = RandomHex(32);
  return options;
}

ClusterStatus ClusterImpl::Status() const {
  ClusterStatus status = SummarizeWorkers(Workers());
  status.running_queries = history_.CountRunning();
  return status;
}

std::vector<std::string> AddressesOf(const ClusterSpec& spec) {
  return spec.local_workers > 0 ? std::vector<std::string>(spec.local_workers) : spec.addresses;
}

ClusterImpl::ClusterImpl(ClusterOptions options)
    : options_(WithDefaults(std::move(options))),
      channel_options_({.secret = options_.secret, .connect_timeout = options_.connect_timeout}),
      resolver_(MakeHostChannelResolver({.secret = options_.secret}, MakeFlightChannelResolver(channel_options_))),
      membership_(
          AddressesOf(options_.spec), {options_.heartbeat_interval, options_.heartbeat_timeout}, loop_,
          [this](const QueryWorker& worker, const std::string& reason, std::shared_ptr<WorkerConnection> connection) {
            OnLost(worker, reason, std::move(connection));
          }) {
  loop_.Post([this] { membership_.Start(); });
}

ClusterImpl::~ClusterImpl() {
  loop_.Post([this] {
    for (auto& [id, query] : queries_) query.state->Cancel("the cluster was closed");
  });
  loop_.Stop();
  queries_.clear();
  std::vector<std::future<void>> ending;
  for (auto& connection : membership_.TakeAll()) {
    ending.push_back(std::async(std::launch::async, [connection] { connection->End(); }));
  }
}

void ClusterImpl::RunOnLoop(const std::function<void()>& action) {
  if (loop_.IsLoopThread()) return action();
  const auto done = std::make_shared<std::promise<void>>();
  loop_.Post([&action, done] {
    action();
    done->set_value();
  });
  done->get_future().wait();  // the loop never blocks, and runs as long as this object
}

// ---- workers

arrow::Status ClusterImpl::Open() {
  std::vector<uint32_t> all;
  for (uint32_t worker = 0; worker < options_.spec.worker_count(); worker++) all.push_back(worker);
  if (all.empty()) return UserError("a cluster has at least one worker");
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
  std::lock_guard lock(bring_up_mutex_);
  std::vector<uint32_t> missing;
  for (const auto& info : Workers()) {
    if (info.state != "ready") missing.push_back(info.worker);
  }
  if (missing.empty()) return arrow::Status::OK();
  arrow::Status first_error;
  for (const auto& status : BringUp(missing)) {
    if (first_error.ok()) first_error = status;
  }
  if (first_error.ok() || is_local()) return first_error;
  for (const auto& info : Workers()) {
    if (info.state == "ready") return arrow::Status::OK();
  }
  return Unavailable("no worker is left: " + first_error.message());
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
    connect.address = options_.spec.addresses[worker];
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

void ClusterImpl::RunAside(std::function<void()> action) {
  aside_.remove_if([](auto& one) { return one.wait_for(std::chrono::seconds(0)) == std::future_status::ready; });
  aside_.push_back(std::async(std::launch::async, std::move(action)));
}

void ClusterImpl::OnLost(const QueryWorker& worker, const std::string& reason,
                         std::shared_ptr<WorkerConnection> connection) {
  RunAside([connection] { connection->Abort(); });
  for (auto& [id, query] : queries_) query.state->OnWorkerLost(worker.worker, worker.incarnation, reason);
  ForgetReleased();
}

// ---- queries

arrow::Result<std::unique_ptr<QueryExecution>> ClusterImpl::Execute(QueryRequest request) {
  ARROW_RETURN_NOT_OK(CheckProcess());
  ARROW_RETURN_NOT_OK(request.plan.Validate());
  ARROW_RETURN_NOT_OK(CheckClientInputs(request));
  const auto query = QueryId::Random();
  const auto& exchange = request.plan.exchange(request.plan.stages.back().output);
  ReceiverOptions receiver;
  receiver.query = query;
  receiver.exchange = exchange.id;
  receiver.producer_tasks = request.plan.stage(exchange.producer).task_count;
  receiver.is_ordered = exchange.is_ordered;
  auto client =
      std::make_shared<ClientEnd>(Receiver::Make(receiver, resolver_), std::make_unique<QueryListener>(query, *this));
  auto shared = std::make_shared<QueryRequest>(std::move(request));
  loop_.Post([this, query, shared, client] { StartQuery(query, std::move(*shared), client); });
  return std::make_unique<Execution>(query, shared_from_this(), std::move(client));
}

void ClusterImpl::StartQuery(const QueryId& query, QueryRequest request, std::shared_ptr<ClientEnd> client) {
  auto workers = membership_.Ready();
  if (workers.empty()) return client->OnFailed(Unavailable("no worker is left to run the query"));
  QueryOptions query_options;
  query_options.grant_deadline = options_.grant_deadline;
  query_options.settle_time = options_.heartbeat_interval;
  auto& running = queries_[query];
  running.client = client;
  running.uploader = std::make_unique<UploadThread>(
      channel_options_, [this](std::function<void()> action) { RunAside(std::move(action)); },
      [this, query](ExchangeId exchange, const arrow::Result<UnitTrailer>& stored) {
        PostToQuery(query, [exchange, stored](QueryState& state) { state.OnUploaded(exchange, stored); });
      });
  running.state = std::make_unique<QueryState>(query, std::move(request), std::move(workers), query_count_++,
                                               query_options, loop_, *running.uploader, *client);
  history_.Add(running.state->record());
  running.state->Start();
  ForgetReleased();
}

void ClusterImpl::PostToQuery(const QueryId& query, std::function<void(QueryState&)> action) {
  loop_.Post([this, query, action = std::move(action)] {
    const auto at = queries_.find(query);
    if (at == queries_.end()) return;
    action(*at->second.state);
    if (at->second.state->is_released()) queries_.erase(at);
  });
}

void ClusterImpl::ForgetReleased() {
  std::erase_if(queries_, [](const auto& entry) { return entry.second.state->is_released(); });
}

/// Names the query that a message is about; empty for those about the worker.
std::string QueryOf(const wire::FromWorker& message) {
  if (message.has_grant()) return message.grant().query();
  if (message.has_split_request()) return message.split_request().name().query();
  if (message.has_progress()) return message.progress().name().query();
  if (message.has_finished()) return message.finished().name().query();
  if (message.has_failed()) return message.failed().name().query();
  return "";
}

void ClusterImpl::OnMessage(uint32_t worker, uint64_t connection_id, const wire::FromWorker& message) {
  const QueryWorker* sender = membership_.Find(worker, connection_id);
  if (sender == nullptr) return;  // of a connection that was given up
  if (message.has_heartbeat()) {
    membership_.OnHeartbeat(worker, connection_id, message.heartbeat());
    return ForgetReleased();  // those that a timer has ended
  }
  const auto query = QueryId::FromBytes(QueryOf(message));
  if (!query.ok()) return;
  const auto at = queries_.find(*query);
  if (at == queries_.end()) return;
  at->second.state->OnMessage(worker, sender->incarnation, message);
  if (at->second.state->is_released()) queries_.erase(at);
}

}  // namespace

arrow::Result<std::shared_ptr<Cluster>> Cluster::Start(ClusterOptions options) {
  // The last reference may be dropped by a wake-up on the loop's own thread, which cannot join itself.
  std::shared_ptr<ClusterImpl> cluster(new ClusterImpl(std::move(options)), [](ClusterImpl* last) {
    if (last->IsForkedCopy()) return;  // nothing of it is ours to end: its workers are the parent's
    if (!last->IsLoopThread()) {
      delete last;
    } else {
      std::thread([last] { delete last; }).detach();
    }
  });
  ARROW_RETURN_NOT_OK(cluster->Open());
  return cluster;
}

}  // namespace skein::core
