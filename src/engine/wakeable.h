// Ties a blocked DuckDB source to a wake-up from another thread that may come after the source is gone.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "base/mutex.h"
#include "duckdb/execution/physical_operator_states.hpp"
#include "duckdb/parallel/interrupt.hpp"

namespace skein::core {

/// Owned by a global source state, which calls Detach in its destructor. That may run on the thread of a wake-up: a
/// task which it wakes can come to its end, and leave the thread that woke it the last one to hold the pipeline.
class Wakeable {
 public:
  explicit Wakeable(duckdb::GlobalSourceState& state) : target_(std::make_shared<Target>()) { target_->state = &state; }
  ~Wakeable() { Detach(); }

  /// A callback for any thread: unblocks the source's tasks, or does nothing once it is gone.
  std::function<void()> Callback() const {
    return [target = target_] {
      std::vector<duckdb::shared_ptr<duckdb::Task>> woken;  // let go when no lock is held any more
      MutexLock lock(target->mutex);
      if (target->state == nullptr) return;
      auto guard = target->state->Lock();
      for (const auto& task : target->parked) woken.push_back(task.lock());
      target->parked.clear();
      target->state->UnblockTasks(guard);
    };
  }

  /// Parks the task of `interrupt`; its source, whose state is `state`, returns what this returns. REQUIRES: `guard`
  /// holds the state's lock, and has held it since the question whose answer was to wait.
  duckdb::SourceResultType Block(duckdb::GlobalSourceState& state, const duckdb::unique_lock<duckdb::mutex>& guard,
                                 const duckdb::InterruptState& interrupt) {
    target_->parked.push_back(TaskOf::Get(interrupt));
    return state.BlockSource(guard, interrupt);
  }

  void Detach() {
    MutexLock lock(target_->mutex);
    target_->state = nullptr;
  }

 private:
  /// DuckDB keeps the task of an InterruptState for its subclasses.
  struct TaskOf : duckdb::InterruptState {
    static const duckdb::weak_ptr<duckdb::Task>& Get(const duckdb::InterruptState& state) {
      return state.*(&TaskOf::current_task);
    }
  };

  struct Target {
    Mutex mutex;
    duckdb::GlobalSourceState* state GUARDED_BY(mutex) = nullptr;
    std::vector<duckdb::weak_ptr<duckdb::Task>> parked;  // guarded by the state's lock
  };
  std::shared_ptr<Target> target_;
};

}  // namespace skein::core
