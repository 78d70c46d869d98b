// Turns Ctrl-C into a call on a thread of its own, where anything may be called.
#pragma once

#include <atomic>
#include <functional>
#include <thread>

namespace skein::core {

/// One a process, made by main() before any other thread: SIGINT is blocked in all of them from then on.
class InterruptSignal {
 public:
  explicit InterruptSignal(std::function<void()> on_interrupt);
  ~InterruptSignal();
  /// Number of interrupts so far.
  int count() const { return count_; }

 private:
  void Run();

  std::function<void()> on_interrupt_;
  std::atomic<bool> is_stopped_{false};
  std::atomic<int> count_{0};
  std::thread thread_;
};

}  // namespace skein::core
