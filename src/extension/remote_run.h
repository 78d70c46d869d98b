// Tells EXPLAIN ANALYZE which query a remote operator ran as. Shared by the two operators; any thread may call.
#pragma once

#include <optional>

#include "base/ids.h"
#include "base/mutex.h"

namespace skein::core {

class RemoteRun {
 public:
  void Note(const QueryId& query) {
    MutexLock lock(mutex_);
    query_ = query;
  }
  /// Returns the last execution; nothing before the first.
  std::optional<QueryId> query() const {
    MutexLock lock(mutex_);
    return query_;
  }

 private:
  mutable Mutex mutex_;
  std::optional<QueryId> query_ GUARDED_BY(mutex_);
};

}  // namespace skein::core
