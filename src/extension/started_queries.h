// Tells who runs a statement which queries it became on the cluster. Registered with a connection; any thread.
#pragma once

#include <mutex>
#include <utility>
#include <vector>

#include "base/ids.h"
#include "duckdb/main/client_context_state.hpp"

namespace skein::core {

class StartedQueries : public duckdb::ClientContextState {
 public:
  static constexpr const char* kName = "skein_started_queries";

  void Note(const QueryId& query) {
    std::lock_guard lock(mutex_);
    queries_.push_back(query);
  }
  /// Returns the queries since Clear, in the order of their start.
  std::vector<QueryId> queries() const {
    std::lock_guard lock(mutex_);
    return queries_;
  }
  void Clear() {
    std::lock_guard lock(mutex_);
    queries_.clear();
  }

 private:
  mutable std::mutex mutex_;
  std::vector<QueryId> queries_;  // GUARDED_BY(mutex_)
};

}  // namespace skein::core
