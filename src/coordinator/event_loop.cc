#include "coordinator/event_loop.h"

#include <utility>

namespace skein::core {

EventLoop::EventLoop() : thread_([this] { Run(); }) {}

EventLoop::~EventLoop() { Stop(); }

bool EventLoop::Post(std::function<void()> action) {
  {
    MutexLock lock(mutex_);
    if (is_stopping_) return false;
    posted_.push_back(std::move(action));
  }
  changed_.NotifyOne();
  return true;
}

void EventLoop::Stop() {
  {
    MutexLock lock(mutex_);
    is_stopping_ = true;
  }
  changed_.NotifyOne();
  if (thread_.joinable()) thread_.join();
}

TimerId EventLoop::After(std::chrono::milliseconds delay, std::function<void()> action) {
  return timers_.Add(Now() + delay, std::move(action));
}

void EventLoop::Cancel(TimerId id) { timers_.Cancel(id); }

bool EventLoop::WaitForNext(std::function<void()>& action) {
  MutexLock lock(mutex_);
  while (posted_.empty() && !is_stopping_) {
    const auto next_time = timers_.NextTime();
    if (!next_time) {
      changed_.Wait(mutex_);
      continue;
    }
    if (auto due = timers_.TakeDue(Now())) {
      action = std::move(*due);
      return true;
    }
    changed_.WaitUntil(mutex_, *next_time);
  }
  if (posted_.empty()) return false;
  action = std::move(posted_.front());
  posted_.pop_front();
  return true;
}

void EventLoop::Run() {
  loop_id_ = std::this_thread::get_id();
  std::function<void()> action;
  while (WaitForNext(action)) {
    action();
    action = nullptr;  // what it held is released before the loop sleeps
  }
}

}  // namespace skein::core
