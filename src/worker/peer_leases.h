// Which coordinators a worker has heard of lately. A machine that vanishes closes no connection: silence is the only
// sign. Owned by the query table; any thread may call.
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <vector>

#include "base/mutex.h"
#include "worker/control_peer.h"

namespace skein::core {

class PeerLeases {
 public:
  using Clock = std::chrono::steady_clock;

  /// A peer may be silent for 20 of its heartbeat intervals, but at least for `floor`.
  explicit PeerLeases(std::chrono::milliseconds floor) : floor_(floor) {}

  /// Starts a lease. A heartbeat interval of 0 means that it never ends.
  void Join(std::shared_ptr<ControlPeer> peer, std::chrono::milliseconds heartbeat_interval, Clock::time_point now);
  void Heard(const ControlPeer& peer, Clock::time_point now);
  void Leave(const ControlPeer& peer);
  /// Removes and returns the peers whose leases are over.
  std::vector<std::shared_ptr<ControlPeer>> TakeExpired(Clock::time_point now);

 private:
  struct Lease {
    std::shared_ptr<ControlPeer> peer;
    std::chrono::milliseconds length;
    Clock::time_point heard;
  };

  const std::chrono::milliseconds floor_;
  Mutex mutex_;
  std::map<const ControlPeer*, Lease> leases_ GUARDED_BY(mutex_);
};

}  // namespace skein::core
