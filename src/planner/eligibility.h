// What may leave the client's process. Everything else stays in DuckDB's own plan there, with the reason at hand.
#pragma once

#include <string>

#include "duckdb.hpp"
#include "duckdb/planner/logical_operator.hpp"
#include "engine/known_functions.h"

namespace skein::core {

/// Facts about a subtree of an optimized plan.
struct Eligibility {
  /// Why the subtree cannot be shipped; empty when it can.
  std::string reason;
  /// It leaves nothing to the cluster in the rest of the plan either: its answer depends on the order of its rows.
  bool keeps_all = false;
  /// It has a scan that can be split.
  bool has_split_scan = false;
  /// It scans a table, data frame or file that only the client reads: its rows are pushed to the workers.
  bool has_client_scan = false;
  /// Estimated rows of its splittable scans, added up.
  uint64_t scanned_rows = 0;
};

/// Says whether a table, file or function is scanned in `plan`.
bool HasScan(const duckdb::LogicalOperator& plan);

/// Looks at `plan` and all below it. `worker_functions` are those that workers have. No I/O. Throws
/// DuckDB's exceptions.
Eligibility Examine(duckdb::ClientContext& context, duckdb::LogicalOperator& plan,
                    const KnownFunctions& worker_functions);

}  // namespace skein::core
