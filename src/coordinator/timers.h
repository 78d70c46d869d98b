// Time as the state machines see it, so that tests can turn the clock by hand. The event loop provides it; only its
// thread may call.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <utility>

namespace skein::core {

using SteadyTime = std::chrono::steady_clock::time_point;
using TimerId = uint64_t;

class Timers {
 public:
  virtual ~Timers() = default;
  virtual SteadyTime Now() const = 0;
  /// Runs `action` once on the loop's thread, `delay` from now at the earliest.
  virtual TimerId After(std::chrono::milliseconds delay, std::function<void()> action) = 0;
  /// Forgets a timer; one that has run already or is unknown is ignored.
  virtual void Cancel(TimerId id) = 0;
};

/// Timers in order of their time. Not thread-safe: its owner locks or has one thread.
class TimerQueue {
 public:
  TimerId Add(SteadyTime when, std::function<void()> action) {
    const TimerId id = next_id_++;
    when_.emplace(id, when);
    actions_.emplace(std::pair(when, id), std::move(action));
    return id;
  }

  void Cancel(TimerId id) {
    const auto at = when_.find(id);
    if (at == when_.end()) return;
    actions_.erase({at->second, id});
    when_.erase(at);
  }

  /// Says when the next timer is due; nothing when there is none.
  std::optional<SteadyTime> NextTime() const {
    if (actions_.empty()) return std::nullopt;
    return actions_.begin()->first.first;
  }

  /// Takes the first action that is due at `now`, or nothing.
  std::optional<std::function<void()>> TakeDue(SteadyTime now) {
    if (actions_.empty() || actions_.begin()->first.first > now) return std::nullopt;
    auto node = actions_.extract(actions_.begin());
    when_.erase(node.key().second);
    return std::move(node.mapped());
  }

 private:
  TimerId next_id_ = 1;
  std::map<TimerId, SteadyTime> when_;
  std::map<std::pair<SteadyTime, TimerId>, std::function<void()>> actions_;
};

}  // namespace skein::core
