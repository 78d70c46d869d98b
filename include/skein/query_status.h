// What is known of a query of an executor. A value.
#pragma once

#include <cstdint>
#include <string>

namespace skein {

/// Numbers the queries of one executor from 1 on.
using QueryId = uint64_t;

enum class QueryPhase { kQueued, kRunning, kFinished, kFailed, kCancelled };

struct QueryStatus {
  QueryId id = 0;
  std::string sql;
  QueryPhase phase = QueryPhase::kQueued;
  /// Of kFailed and kCancelled.
  std::string error;
  /// How often it was begun: more than once where workers were lost under it.
  uint32_t attempts = 0;
  /// Tasks on the cluster of the attempt that runs or ran last; those of later parts are counted once these begin.
  uint32_t finished_tasks = 0;
  uint32_t total_tasks = 0;
  /// From its start, waiting included, to now or its end.
  uint64_t elapsed_ms = 0;

  bool is_over() const { return phase != QueryPhase::kQueued && phase != QueryPhase::kRunning; }
};

}  // namespace skein
