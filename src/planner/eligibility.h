// What may leave the client's process. Everything else stays in DuckDB's own plan there, with the reason at hand.
#pragma once

#include <string>

#include "duckdb.hpp"
#include "duckdb/planner/logical_operator.hpp"

namespace skein {

/// Facts about a subtree of an optimized plan.
struct Eligibility {
  /// Why the subtree cannot be shipped; empty when it can.
  std::string reason;
  /// It has a scan that can be split.
  bool has_split_scan = false;
  /// Estimated rows of its splittable scans, added up.
  uint64_t scanned_rows = 0;
};

/// Looks at `plan` and all below it. No I/O. Throws DuckDB's exceptions.
Eligibility Examine(duckdb::ClientContext& context, duckdb::LogicalOperator& plan);

}  // namespace skein
