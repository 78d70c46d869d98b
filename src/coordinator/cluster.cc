#include "coordinator/cluster.h"

#include <algorithm>
#include <exception>
#include <future>
#include <system_error>
#include <thread>
#include <utility>

#include "base/error.h"
#include "coordinator/cluster_impl.h"
#include "coordinator/machine_share.h"
#include "coordinator/stage_figures.h"
#include "coordinator/upload_thread.h"
#include "exchange/host_channel.h"

namespace skein::core {
namespace {

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
  cluster_->DestroyAside(client_->Close());
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

std::vector<std::string> AddressesOf(const ClusterSpec& spec) {
  return spec.local_workers > 0 ? std::vector<std::string>(spec.local_workers) : spec.addresses;
}

FlightChannelOptions ChannelOptionsOf(const ClusterOptions& options) {
  FlightChannelOptions channel{.secret = options.secret, .connect_timeout = options.connect_timeout};
  if (const auto resolver = options.channel_resolver) {
    channel.reached_at = [resolver](const std::string& address) -> arrow::Result<std::string> {
      try {
        return resolver->Resolve(address);
      } catch (const std::exception& error) {
        return UserError(std::string("the channel resolver threw: ") + error.what());
      }
    };
  }
  return channel;
}

}  // namespace

ClusterImpl::ClusterImpl(ClusterOptions options)
    : options_(WithDefaults(std::move(options))),
      channel_options_(ChannelOptionsOf(options_)),
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

ClusterStatus ClusterImpl::Status() const {
  ClusterStatus status = SummarizeWorkers(Workers());
  status.running_queries = history_.CountRunning();
  return status;
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

void ClusterImpl::RunAside(std::function<void()> action) {
  aside_.remove_if([](auto& one) { return one.wait_for(std::chrono::seconds(0)) == std::future_status::ready; });
  try {
    aside_.push_back(std::async(std::launch::async, action));
  } catch (const std::system_error&) {
    action();  // without a thread the loop waits for it: late, but done
  }
}

void ClusterImpl::DestroyAside(std::shared_ptr<Receiver> receiver) {
  const auto last = std::make_shared<std::shared_ptr<Receiver>>(std::move(receiver));
  loop_.Post([this, last] { RunAside([last] { last->reset(); }); });
}

void ClusterImpl::OnLost(const QueryWorker& worker, const std::string& reason,
                         std::shared_ptr<WorkerConnection> connection) {
  heartbeat_waits_.erase(worker.worker);  // whoever waits does so to its limit
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
  LetGo();
}

void ClusterImpl::LetGo() {
  const auto left = membership_.TakeLeft([this](const QueryWorker& worker) {
    return std::any_of(queries_.begin(), queries_.end(),
                       [&](const auto& entry) { return entry.second.state->Has(worker.worker, worker.incarnation); });
  });
  for (const auto& connection : left) RunAside([connection] { connection->End(); });
}

namespace {

/// Names the query that a message is about; empty for those about the worker.
std::string QueryOf(const wire::FromWorker& message) {
  const auto* task = TaskOf(message);
  return task != nullptr ? task->query() : message.grant().query();
}

}  // namespace

void ClusterImpl::OnMessage(uint32_t worker, uint64_t connection_id, const wire::FromWorker& message) {
  const QueryWorker* sender = membership_.Find(worker, connection_id);
  if (sender == nullptr) return;  // of a connection that was given up
  if (message.has_heartbeat()) {
    membership_.OnHeartbeat(worker, connection_id, message.heartbeat());
    for (const auto& wait : std::exchange(heartbeat_waits_[worker], {})) wait->set_value();
    return ForgetReleased();  // those that a timer has ended
  }
  if (message.has_ending()) return membership_.Lose(worker, connection_id, message.ending().reason());
  const auto query = QueryId::FromBytes(QueryOf(message));
  if (!query.ok()) return;
  const auto at = queries_.find(*query);
  if (at == queries_.end()) return;
  at->second.state->OnMessage(worker, sender->incarnation, message);
  if (at->second.state->is_released()) queries_.erase(at);
}

arrow::Result<std::shared_ptr<Cluster>> Cluster::Start(ClusterOptions options) {
  ARROW_RETURN_NOT_OK(ClusterImpl::CheckProcess());
  // The last reference may be dropped by a wake-up on the loop's own thread, which cannot join itself.
  std::shared_ptr<ClusterImpl> cluster(new ClusterImpl(std::move(options)), [](ClusterImpl* last) {
    if (ClusterImpl::IsForkedCopy()) return;  // nothing of it is ours to end: its workers are the parent's
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
