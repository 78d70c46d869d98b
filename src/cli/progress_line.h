// A line on standard error that shows how many tasks of the running query have finished: on a terminal only.
#pragma once

#include <functional>
#include <optional>
#include <thread>
#include <utility>

#include "base/mutex.h"

namespace skein::core {

class ProgressLine {
 public:
  /// Finished and all tasks, or nothing to draw.
  using Source = std::function<std::optional<std::pair<int, int>>()>;
  /// Draws until destroyed. Does nothing unless standard error is a terminal.
  explicit ProgressLine(Source finished_tasks);
  /// Clears the line.
  ~ProgressLine();

 private:
  void Run();
  void Draw();

  Source finished_tasks_;
  Mutex mutex_;
  ConditionVariable stopped_;
  bool is_stopped_ GUARDED_BY(mutex_) = false;
  bool is_drawn_ = false;  // of the thread
  std::thread thread_;
};

}  // namespace skein::core
