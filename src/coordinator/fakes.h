// What the tests of this room put in place of workers and the clock. One thread.
#pragma once

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "coordinator/timers.h"
#include "coordinator/worker_link.h"

namespace skein {

/// A clock that a test turns.
class FakeTimers : public Timers {
 public:
  SteadyTime Now() const override { return now_; }
  TimerId After(std::chrono::milliseconds delay, std::function<void()> action) override {
    return queue_.Add(now_ + delay, std::move(action));
  }
  void Cancel(TimerId id) override { queue_.Cancel(id); }

  /// Runs what falls due on the way, each at its own time.
  void Advance(std::chrono::milliseconds by) {
    const auto end = now_ + by;
    while (queue_.NextTime() && *queue_.NextTime() <= end) {
      now_ = std::max(now_, *queue_.NextTime());
      (*queue_.TakeDue(now_))();
    }
    now_ = end;
  }
  bool is_empty() const { return !queue_.NextTime(); }

 private:
  SteadyTime now_{std::chrono::hours(1)};
  TimerQueue queue_;
};

/// A worker that remembers what it was told.
class FakeConnection : public WorkerConnection {
 public:
  arrow::Status Send(wire::ToWorker message) override {
    if (is_broken) return Unavailable("broken");
    sent.push_back(std::move(message));
    return arrow::Status::OK();
  }
  std::optional<std::string> CheckExit() override { return exit; }
  void End() override {}
  void Abort() override {}

  size_t Count(wire::ToWorker::MessageCase kind) const {
    return std::count_if(sent.begin(), sent.end(), [&](const auto& message) { return message.message_case() == kind; });
  }

  std::vector<wire::ToWorker> sent;
  std::optional<std::string> exit;
  bool is_broken = false;
};

}  // namespace skein
