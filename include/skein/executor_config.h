// How an executor runs queries. A value, checked by DistributedExecutor::Make.
#pragma once

#include <cstdint>
#include <string>

namespace skein {

struct ExecutorConfig {
  /// Queries that run at the same time, 1 to 1,024; others wait in line.
  uint32_t max_concurrent_queries = 10;
  /// Queries in line; one more is refused.
  uint32_t max_queued_queries = 100;
  /// A task that has not ended so long after its query began ends the query, with an error that names it; 0: no limit.
  /// All tasks of a query begin together, and what one waits for its rows counts.
  uint64_t task_timeout_ms = 300'000;
  /// Most rows of a batch of a result: 1 to 1,048,576.
  uint64_t batch_size = 8192;
  /// Changing a plan while it runs is not available yet: true is refused.
  bool adaptive_execution = false;
  /// The DuckDB file that statements see, with its tables and views; empty: one in memory, gone with the executor and
  /// its plans. Nobody else in this process may have the file open: DuckDB's lock on it holds between processes only.
  std::string database;
};

}  // namespace skein
