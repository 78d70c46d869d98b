// A door that is shut until somebody opens it, for tests: threads wait for it with a limit. Any thread.
#pragma once

#include <chrono>

#include "base/mutex.h"

namespace skein::core {

class Gate {
 public:
  void Open() {
    MutexLock lock(mutex_);
    is_open_ = true;
    opened_.NotifyAll();
  }
  /// False when it is still shut after `timeout`.
  bool Wait(std::chrono::milliseconds timeout = std::chrono::seconds(10)) {
    MutexLock lock(mutex_);
    return opened_.WaitFor(mutex_, timeout, [this]() REQUIRES(mutex_) { return is_open_; });
  }

 private:
  Mutex mutex_;
  ConditionVariable opened_;
  bool is_open_ GUARDED_BY(mutex_) = false;
};

}  // namespace skein::core
