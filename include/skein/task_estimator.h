// In how many tasks a scan runs: an extension point. Without one, each stage that reads split files has one task a
// worker, and DuckDB uses the worker's threads inside of it. examples/cpp/task_estimator.cc shows one.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace skein {

/// What is known of a scan when a query is planned.
struct ScanFacts {
  /// As EXPLAIN names it: a file, or a folder with its number of files.
  std::string name;
  uint64_t files = 0;
  /// What DuckDB expects the scan to give, after its filters.
  uint64_t estimated_rows = 0;
  uint32_t workers = 0;
};

class TaskEstimator {
 public:
  virtual ~TaskEstimator() = default;
  /// Returns how many tasks a stage that reads this scan should have, at least 1; nothing for the default. A stage with
  /// several scans has the most that is asked for; one that also reads a hash partition keeps one task a worker. More
  /// than 1,024 count as 1,024. Called while a query is planned, also for EXPLAIN: any thread, and it must not wait. It
  /// does not call the coordinator or its executors.
  virtual std::optional<uint32_t> EstimateTasks(const ScanFacts& scan) = 0;
};

}  // namespace skein
