// The messages of a worker in the order of their arrival, for tests: the next one of a kind is waited for with a limit.
// Any thread.
#pragma once

#include <algorithm>
#include <chrono>
#include <deque>
#include <optional>
#include <utility>

#include "base/mutex.h"
#include "worker/control.pb.h"

namespace skein::core {

class Mailbox {
 public:
  void Put(wire::FromWorker message) {
    MutexLock lock(mutex_);
    messages_.push_back(std::move(message));
    arrived_.NotifyAll();
  }
  /// Takes the first message of the kind; others stay. Nothing when the time is over.
  std::optional<wire::FromWorker> Take(wire::FromWorker::MessageCase kind,
                                       std::chrono::milliseconds timeout = std::chrono::seconds(10)) {
    MutexLock lock(mutex_);
    auto found = messages_.end();
    const auto is_there = [&]() REQUIRES(mutex_) {
      found = std::find_if(messages_.begin(), messages_.end(), [&](const auto& m) { return m.message_case() == kind; });
      return found != messages_.end();
    };
    if (!arrived_.WaitFor(mutex_, timeout, is_there)) return std::nullopt;
    wire::FromWorker message = std::move(*found);
    messages_.erase(found);
    return message;
  }
  size_t Count(wire::FromWorker::MessageCase kind) {
    MutexLock lock(mutex_);
    return static_cast<size_t>(
        std::count_if(messages_.begin(), messages_.end(), [&](const auto& m) { return m.message_case() == kind; }));
  }

 private:
  Mutex mutex_;
  ConditionVariable arrived_;
  std::deque<wire::FromWorker> messages_ GUARDED_BY(mutex_);
};

}  // namespace skein::core
