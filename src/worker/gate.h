// A door that is shut until somebody opens it, for tests: threads wait for it with a limit. Any thread.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>

namespace skein::core {

class Gate {
 public:
  void Open() {
    std::lock_guard lock(mutex_);
    is_open_ = true;
    opened_.notify_all();
  }
  /// False when it is still shut after `timeout`.
  bool Wait(std::chrono::milliseconds timeout = std::chrono::seconds(10)) {
    std::unique_lock lock(mutex_);
    return opened_.wait_for(lock, timeout, [this] { return is_open_; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable opened_;
  bool is_open_ = false;
};

}  // namespace skein::core
