// What ties a connection to whoever runs statements on it: which queries they became on the cluster, and whether they
// are wanted still. Registered with the connection; any thread.
#pragma once

#include <stop_token>
#include <utility>
#include <vector>

#include "base/ids.h"
#include "base/mutex.h"
#include "duckdb/main/client_context.hpp"
#include "duckdb/main/client_context_state.hpp"

namespace skein::core {

class StartedQueries : public duckdb::ClientContextState {
 public:
  static constexpr const char* kName = "skein_started_queries";

  /// Forgets earlier statements. Once `stop` is requested, statements that begin are interrupted.
  void Reset(std::stop_token stop) {
    MutexLock lock(mutex_);
    queries_.clear();
    stop_ = std::move(stop);
  }
  void Note(const QueryId& query) {
    MutexLock lock(mutex_);
    queries_.push_back(query);
  }
  /// Returns the queries since Reset, in the order of their start.
  std::vector<QueryId> queries() const {
    MutexLock lock(mutex_);
    return queries_;
  }

  /// DuckDB forgets an interrupt when a statement begins: one that came a little earlier is repeated here.
  void QueryBegin(duckdb::ClientContext& context) override {
    MutexLock lock(mutex_);
    if (stop_.stop_requested()) context.Interrupt();
  }

 private:
  mutable Mutex mutex_;
  std::vector<QueryId> queries_ GUARDED_BY(mutex_);
  std::stop_token stop_ GUARDED_BY(mutex_);
};

}  // namespace skein::core
