#include "extension/interrupt_watch.h"

#include <chrono>

namespace skein::core {

InterruptWatch::InterruptWatch(duckdb::ClientContext& context, std::function<void()> on_interrupt)
    : context_(context), on_interrupt_(std::move(on_interrupt)), thread_([this] { Run(); }) {}

InterruptWatch::~InterruptWatch() {
  {
    std::lock_guard lock(mutex_);
    is_stopped_ = true;
  }
  stopped_.notify_all();
  thread_.join();
}

void InterruptWatch::Run() {
  std::unique_lock lock(mutex_);
  while (!is_stopped_) {
    if (context_.interrupted) {
      lock.unlock();
      on_interrupt_();
      return;
    }
    stopped_.wait_for(lock, std::chrono::milliseconds(20), [&] { return is_stopped_; });
  }
}

}  // namespace skein::core
