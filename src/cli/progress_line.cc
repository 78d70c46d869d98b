#include "cli/progress_line.h"

#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <string>

namespace skein::core {

ProgressLine::ProgressLine(Source finished_tasks) : finished_tasks_(std::move(finished_tasks)) {
  if (isatty(STDERR_FILENO)) thread_ = std::thread([this] { Run(); });
}

ProgressLine::~ProgressLine() {
  if (!thread_.joinable()) return;
  {
    MutexLock lock(mutex_);
    is_stopped_ = true;
  }
  stopped_.NotifyAll();
  thread_.join();
  if (is_drawn_) std::fputs("\r\033[K", stderr);
}

void ProgressLine::Run() {
  MutexLock lock(mutex_);
  while (!stopped_.WaitFor(mutex_, std::chrono::milliseconds(200), [this]() REQUIRES(mutex_) { return is_stopped_; }))
    Draw();
}

void ProgressLine::Draw() {
  constexpr int kWidth = 30;
  const auto count = finished_tasks_();
  if (!count) return;
  const auto [finished, all] = *count;
  if (all == 0) return;
  const int filled = kWidth * finished / all;
  std::fprintf(stderr, "\r\033[K[%s%s] %d of %d tasks", std::string(filled, '=').c_str(),
               std::string(kWidth - filled, ' ').c_str(), finished, all);
  is_drawn_ = true;
}

}  // namespace skein::core
