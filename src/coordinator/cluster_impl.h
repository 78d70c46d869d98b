// How a cluster is put together: the event loop, membership and queries on it, and the threads beside it that may wait.
// Its functions stand in cluster.cc (life and queries) and cluster_workers.cc.
#pragma once

#include <atomic>
#include <functional>
#include <future>
#include <list>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/mutex.h"
#include "coordinator/client_end.h"
#include "coordinator/cluster.h"
#include "coordinator/event_loop.h"
#include "coordinator/local_workers.h"
#include "coordinator/membership.h"
#include "coordinator/query_record.h"
#include "coordinator/query_state.h"
#include "exchange/channel_resolver.h"
#include "exchange/flight_channel.h"

namespace skein::core {

// Threads: membership_ and queries_ belong to the event loop. What the callbacks of connections and timers capture is a
// plain pointer to this: the loop, the connections and their threads are all ended before it is gone.
class ClusterImpl : public Cluster, public std::enable_shared_from_this<ClusterImpl> {
 public:
  explicit ClusterImpl(ClusterOptions options);
  ~ClusterImpl() override;

  /// Starts all workers.
  arrow::Status Open();

  arrow::Status EnsureReady() override;
  arrow::Result<uint32_t> AddWorker(const std::string& address) override;
  arrow::Status RemoveWorker(uint32_t worker) override;
  arrow::Result<WorkerInfo> AskHeartbeat(uint32_t worker) override;
  arrow::Result<std::vector<WorkerInfo>> CheckHealth() override;
  arrow::Result<std::unique_ptr<QueryExecution>> Execute(QueryRequest request) override;
  std::vector<WorkerInfo> Workers() const override { return membership_.Infos(); }
  std::vector<QueryInfo> Queries() const override { return history_.Queries(loop_.Now()); }
  std::vector<TaskInfo> Tasks() const override { return history_.Tasks(); }
  std::vector<StageInfo> Stages() const override { return history_.Stages(); }
  ClusterStatus Status() const override;

  /// Does something with a query on the loop's thread, if it is there still. Any thread.
  void PostToQuery(const QueryId& query, std::function<void(QueryState&)> action);
  /// Destroys a receiver, which joins its threads, on a thread that is neither of them nor the loop's. Who drops a
  /// query may be any of those: the one that woke the query's last reader.
  void DestroyAside(std::shared_ptr<Receiver> receiver);
  bool IsLoopThread() const { return loop_.IsLoopThread(); }
  /// Says whether this is a forked copy of a process that has started a cluster: the threads are not in it, and the
  /// workers are not its own.
  static bool IsForkedCopy();
  /// Refuses a forked copy, for what it would wait for never comes.
  static arrow::Status CheckProcess();

 private:
  struct RunningQuery {
    std::shared_ptr<ClientEnd> client;
    std::unique_ptr<Uploader> uploader;
    std::unique_ptr<QueryState> state;
  };

  // --- any thread but the loop's
  std::vector<arrow::Status> BringUp(const std::vector<uint32_t>& workers);
  /// Brings up all that are not ready; returns the first error.
  arrow::Status BringUpMissing() REQUIRES(bring_up_mutex_);
  bool IsAnyReady() const;
  /// Takes in a worker that has said welcome, unless it is there already under another address.
  arrow::Status Join(uint32_t worker, const JoinedWorker& joined);
  arrow::Status BringUpOne(uint32_t worker);
  /// Returns what takes a connection's messages to the loop.
  std::function<void(wire::FromWorker)> MessageHandler(uint32_t worker, uint64_t connection_id);
  arrow::Result<WorkerInfo> InfoOf(uint32_t worker) const;
  /// Takes in and leaves out workers as the resolver says.
  arrow::Status FollowResolver() REQUIRES(bring_up_mutex_);
  uint32_t AddAddress(const std::string& address);
  void RemoveNumber(uint32_t worker);
  arrow::Status CheckMayChange() const;
  arrow::Result<std::unique_ptr<LocalWorker>> SpawnOnLoop(uint32_t worker);
  void RunOnLoop(const std::function<void()>& action);
  bool is_local() const { return options_.spec.local_workers > 0; }

  // --- the loop's thread
  void OnMessage(uint32_t worker, uint64_t connection_id, const wire::FromWorker& message);
  void OnLost(const QueryWorker& worker, const std::string& reason, std::shared_ptr<WorkerConnection> connection);
  void StartQuery(const QueryId& query, QueryRequest request, std::shared_ptr<ClientEnd> client);
  void ForgetReleased();
  /// Ends the connections of removed workers that no query uses any more.
  void LetGo();
  /// Runs what waits on a thread of its own, which the destructor joins.
  void RunAside(std::function<void()> action);

  const ClusterOptions options_;
  const FlightChannelOptions channel_options_;
  const std::shared_ptr<ChannelResolver> resolver_;
  Mutex bring_up_mutex_;  // one EnsureReady at a time
  std::atomic<bool> is_bringing_up_{false};
  SteadyTime next_bring_up_ GUARDED_BY(bring_up_mutex_);  // lost addresses are not tried before
  std::atomic<uint64_t> next_connection_id_{1};
  QueryHistory history_;
  EventLoop loop_;
  Membership membership_;
  std::map<QueryId, RunningQuery> queries_;
  uint64_t query_count_ = 0;
  std::map<uint32_t, std::vector<std::shared_ptr<std::promise<void>>>> heartbeat_waits_;  // by worker
  std::list<std::future<void>> aside_;  // the loop's thread, and the destructor's after it
};

}  // namespace skein::core
