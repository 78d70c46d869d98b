#include "extension/interrupt_watch.h"

#include <chrono>

namespace skein::core {

InterruptWatch::InterruptWatch(duckdb::ClientContext& context, std::function<void()> on_interrupt)
    : context_(context), on_interrupt_(std::move(on_interrupt)), thread_([this] { Run(); }) {}

InterruptWatch::~InterruptWatch() {
  {
    MutexLock lock(mutex_);
    is_stopped_ = true;
  }
  stopped_.NotifyAll();
  thread_.join();
}

void InterruptWatch::Run() {
  MutexLock lock(mutex_);
  while (!is_stopped_) {
    if (context_.interrupted) {
      lock.Unlock();
      on_interrupt_();
      return;
    }
    stopped_.WaitFor(mutex_, std::chrono::milliseconds(20), [this]() REQUIRES(mutex_) { return is_stopped_; });
  }
}

}  // namespace skein::core
