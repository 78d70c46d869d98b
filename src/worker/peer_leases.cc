#include "worker/peer_leases.h"

#include <algorithm>
#include <utility>

namespace skein::core {
namespace {

constexpr int kSilentHeartbeats = 20;

}  // namespace

void PeerLeases::Join(std::shared_ptr<ControlPeer> peer, std::chrono::milliseconds heartbeat_interval,
                      Clock::time_point now) {
  if (heartbeat_interval.count() == 0) return;
  const auto length = std::max(floor_, heartbeat_interval * kSilentHeartbeats);
  MutexLock lock(mutex_);
  const ControlPeer* name = peer.get();
  leases_[name] = {std::move(peer), length, now};
}

void PeerLeases::Heard(const ControlPeer& peer, Clock::time_point now) {
  MutexLock lock(mutex_);
  if (auto found = leases_.find(&peer); found != leases_.end()) found->second.heard = now;
}

void PeerLeases::Leave(const ControlPeer& peer) {
  MutexLock lock(mutex_);
  leases_.erase(&peer);
}

std::vector<std::shared_ptr<ControlPeer>> PeerLeases::TakeExpired(Clock::time_point now) {
  std::vector<std::shared_ptr<ControlPeer>> expired;
  MutexLock lock(mutex_);
  for (auto at = leases_.begin(); at != leases_.end();) {
    if (now - at->second.heard <= at->second.length) {
      ++at;
      continue;
    }
    expired.push_back(std::move(at->second.peer));
    at = leases_.erase(at);
  }
  return expired;
}

}  // namespace skein::core
