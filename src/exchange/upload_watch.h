// Ends an upload that was cancelled or that stands still, on a thread of its own. Owned by the upload; any thread may
// call.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <thread>

#include "base/mutex.h"

namespace skein::core {

class UploadWatch {
 public:
  /// Calls `end` once, on its own thread, when `is_cancelled` says so or Touch was not called for `stall_timeout`.
  UploadWatch(std::function<bool()> is_cancelled, std::chrono::milliseconds stall_timeout, std::function<void()> end);
  /// Stops.
  ~UploadWatch();

  /// Says that the upload goes on.
  void Touch() { steps_++; }
  /// Returns when `end` is not running and will not be called any more. By the owner only.
  void Stop();

  bool is_cancelled() const { return is_cancelled_; }
  bool is_stalled() const { return is_stalled_; }

 private:
  void Run(const std::function<bool()>& ask, std::chrono::milliseconds stall_timeout);

  std::atomic<uint64_t> steps_{0};
  std::atomic<bool> is_cancelled_{false};
  std::atomic<bool> is_stalled_{false};
  Mutex mutex_;
  ConditionVariable stopped_;
  bool is_stopped_ GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace skein::core
