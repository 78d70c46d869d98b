// DuckDB tells nobody of an interrupt while every task is blocked: this watch looks every 20 ms. Owned by the state of
// one running query, on a thread of its own.
#pragma once

#include <functional>
#include <thread>

#include "base/mutex.h"
#include "duckdb.hpp"

namespace skein::core {

class InterruptWatch {
 public:
  /// Calls `on_interrupt` once, on the watch's thread, when `context` is interrupted.
  InterruptWatch(duckdb::ClientContext& context, std::function<void()> on_interrupt);
  /// Ends the thread.
  ~InterruptWatch();

 private:
  void Run();

  duckdb::ClientContext& context_;
  std::function<void()> on_interrupt_;
  Mutex mutex_;
  ConditionVariable stopped_;
  bool is_stopped_ GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace skein::core
