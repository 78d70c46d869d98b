// The one thread on which all state machines of a cluster run, so that they need no locks: a queue of closures and
// timers. Owned by the cluster. Post and IsLoopThread from any thread; the timers only on the loop's thread.
#pragma once

#include <atomic>
#include <deque>
#include <functional>
#include <memory>
#include <thread>

#include "base/mutex.h"
#include "coordinator/timers.h"

namespace skein::core {

class EventLoop : public Timers {
 public:
  /// Starts the thread.
  EventLoop();
  /// Stops.
  ~EventLoop() override;

  /// Runs `action` on the loop's thread, in the order of posting. False: the loop has stopped and drops it.
  bool Post(std::function<void()> action);
  /// Runs what was posted before, drops the timers and joins the thread. Not on the loop's thread.
  void Stop();
  bool IsLoopThread() const { return std::this_thread::get_id() == loop_id_.load(); }

  SteadyTime Now() const override { return std::chrono::steady_clock::now(); }
  TimerId After(std::chrono::milliseconds delay, std::function<void()> action) override;
  void Cancel(TimerId id) override;

 private:
  void Run();
  /// Takes the next closure: posted ones first, so that a message that has arrived beats the timer that waits for it.
  bool WaitForNext(std::function<void()>& action);

  Mutex mutex_;
  ConditionVariable changed_;
  std::deque<std::function<void()>> posted_ GUARDED_BY(mutex_);
  bool is_stopping_ GUARDED_BY(mutex_) = false;
  TimerQueue timers_;  // of the loop's thread
  std::atomic<std::thread::id> loop_id_;
  std::thread thread_;
};

}  // namespace skein::core
