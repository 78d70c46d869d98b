// A line on standard error that shows how many tasks of the running query have finished: on a terminal only.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

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
  std::mutex mutex_;
  std::condition_variable stopped_;
  bool is_stopped_ = false;
  bool is_drawn_ = false;
  std::thread thread_;
};

}  // namespace skein::core
