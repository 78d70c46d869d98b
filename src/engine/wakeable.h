// Ties a blocked DuckDB source to a wake-up from another thread that may come after the source is gone.
#pragma once

#include <functional>
#include <memory>

#include "base/mutex.h"
#include "duckdb/execution/physical_operator_states.hpp"

namespace skein::core {

/// Owned by a global source state, which calls Detach in its destructor.
class Wakeable {
 public:
  explicit Wakeable(duckdb::GlobalSourceState& state) : target_(std::make_shared<Target>()) { target_->state = &state; }
  ~Wakeable() { Detach(); }

  /// A callback for any thread: unblocks the source's tasks, or does nothing once it is gone.
  std::function<void()> Callback() const {
    return [target = target_] {
      MutexLock lock(target->mutex);
      if (target->state == nullptr) return;
      auto guard = target->state->Lock();
      target->state->UnblockTasks(guard);
    };
  }

  void Detach() {
    MutexLock lock(target_->mutex);
    target_->state = nullptr;
  }

 private:
  struct Target {
    Mutex mutex;
    duckdb::GlobalSourceState* state GUARDED_BY(mutex) = nullptr;
  };
  std::shared_ptr<Target> target_;
};

}  // namespace skein::core
