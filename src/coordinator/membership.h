// Which workers there are and which of them live: heartbeats, and one event for each loss, whoever notices it first.
// Owned by the cluster. The event loop's thread only, but for Infos.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/mutex.h"
#include "coordinator/cluster.h"
#include "coordinator/timers.h"
#include "coordinator/worker_link.h"

namespace skein::core {

struct MembershipOptions {
  std::chrono::milliseconds heartbeat_interval{500};
  std::chrono::milliseconds heartbeat_timeout{3500};
};

/// A worker that has said welcome.
struct JoinedWorker {
  /// Numbers the connections of the cluster: events of an earlier one are stale.
  uint64_t connection_id = 0;
  std::shared_ptr<WorkerConnection> connection;
  std::string address;
  wire::Welcome welcome;
};

class Membership {
 public:
  using OnLost = std::function<void(const QueryWorker& worker, const std::string& reason,
                                    std::shared_ptr<WorkerConnection> connection)>;

  /// Knows the workers by address (empty for local ones that have not started); all are "starting".
  Membership(std::vector<std::string> addresses, MembershipOptions options, Timers& timers, OnLost on_lost);

  /// Starts to send pings.
  void Start();
  /// Knows one more worker, which is "starting"; returns its number, which no other had or gets.
  uint32_t Add(const std::string& address);
  /// Takes a worker out of Ready and Infos. Its connection, if it has one, stays until TakeLeft: queries run on it.
  void Remove(uint32_t worker);
  /// Takes the connections of removed workers that `is_used` does not hold back.
  std::vector<std::shared_ptr<WorkerConnection>> TakeLeft(const std::function<bool(const QueryWorker&)>& is_used);
  void Join(uint32_t worker, JoinedWorker joined);
  /// Returns the worker if this connection to it is the current one, otherwise null.
  const QueryWorker* Find(uint32_t worker, uint64_t connection_id) const;
  void OnHeartbeat(uint32_t worker, uint64_t connection_id, const wire::Heartbeat& heartbeat);
  /// Takes a worker out and tells `on_lost`; does nothing if that connection is not current any more.
  void Lose(uint32_t worker, uint64_t connection_id, const std::string& reason);

  /// Returns the workers that live, in number order.
  std::vector<QueryWorker> Ready() const;
  /// Takes all connections out, at the end.
  std::vector<std::shared_ptr<WorkerConnection>> TakeAll();
  /// Asks a worker for a heartbeat, besides those of every interval.
  void Ping(uint32_t worker);
  /// Describes all workers but those that were removed. Any thread.
  std::vector<WorkerInfo> Infos() const;

 private:
  struct Member {
    bool is_ready = false;
    bool is_removed = false;
    uint64_t connection_id = 0;
    QueryWorker view;
    std::shared_ptr<WorkerConnection> connection;
    SteadyTime last_heartbeat;
    uint64_t last_cpu_us = 0;  // of its process, at the last heartbeat; 0 before the first
  };

  void Tick();
  void Check(uint32_t worker, SteadyTime now);
  static double UtilisationOf(const Member& member, const wire::Heartbeat& heartbeat, SteadyTime now);
  void ChangeInfo(uint32_t worker, const std::function<void(WorkerInfo&)>& change);

  const MembershipOptions options_;
  Timers& timers_;
  const OnLost on_lost_;
  std::vector<Member> members_;
  SteadyTime last_tick_;
  uint64_t ping_sequence_ = 0;
  mutable Mutex info_mutex_;
  std::map<uint32_t, WorkerInfo> infos_ GUARDED_BY(info_mutex_);  // by number, without the removed
};

}  // namespace skein::core
