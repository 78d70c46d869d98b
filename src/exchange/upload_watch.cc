#include "exchange/upload_watch.h"

#include <utility>

namespace skein::core {
namespace {

constexpr std::chrono::milliseconds kInterval{50};

}  // namespace

UploadWatch::UploadWatch(std::function<bool()> is_cancelled, std::chrono::milliseconds stall_timeout,
                         std::function<void()> end)
    : thread_([this, ask = std::move(is_cancelled), stall_timeout, end = std::move(end)] {
        Run(ask, stall_timeout);
        if (is_cancelled_ || is_stalled_) end();
      }) {}

UploadWatch::~UploadWatch() { Stop(); }

void UploadWatch::Stop() {
  if (!thread_.joinable()) return;
  {
    MutexLock lock(mutex_);
    is_stopped_ = true;
  }
  stopped_.NotifyAll();
  thread_.join();
}

void UploadWatch::Run(const std::function<bool()>& ask, std::chrono::milliseconds stall_timeout) {
  uint64_t seen = 0;
  auto moved = std::chrono::steady_clock::now();
  while (true) {
    if (ask()) {
      is_cancelled_ = true;
      return;
    }
    const auto now = std::chrono::steady_clock::now();
    if (const uint64_t steps = steps_; steps != seen) {
      seen = steps;
      moved = now;
    }
    if (now - moved >= stall_timeout) {
      is_stalled_ = true;
      return;
    }
    MutexLock lock(mutex_);
    if (stopped_.WaitFor(mutex_, kInterval, [this]() REQUIRES(mutex_) { return is_stopped_; })) return;
  }
}

}  // namespace skein::core
