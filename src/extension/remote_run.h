// Tells EXPLAIN ANALYZE which query a remote operator ran as. Shared by the two operators; any thread may call.
#pragma once

#include <mutex>
#include <optional>

#include "base/ids.h"

namespace skein::core {

class RemoteRun {
 public:
  void Note(const QueryId& query) {
    std::lock_guard lock(mutex_);
    query_ = query;
  }
  /// Returns the last execution; nothing before the first.
  std::optional<QueryId> query() const {
    std::lock_guard lock(mutex_);
    return query_;
  }

 private:
  mutable std::mutex mutex_;
  std::optional<QueryId> query_;  // GUARDED_BY(mutex_)
};

}  // namespace skein::core
