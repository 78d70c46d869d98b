// Scans of the user's own: a table function of DuckDB's below a filter over skein_task_index(), with nothing but
// filters and projections in between. Each task runs all of it and keeps what the filter says, so the user cuts the
// rows up. Functions without I/O.
#pragma once

#include "duckdb.hpp"
#include "duckdb/planner/logical_operator.hpp"
#include "duckdb/planner/operator/logical_get.hpp"

namespace skein::core {

/// Returns the scan if `op` is the top of such a chain over range, generate_series, glob, read_text or read_blob,
/// otherwise null: tables and data frames are not where workers are, and Parquet, CSV and JSON files are split or
/// scattered already.
const duckdb::LogicalGet* FindTaskScan(duckdb::LogicalOperator& op);

/// Says whether an expression of the operator itself asks for its task: over rows that are distributed already, the
/// answer would depend on how.
bool ReadsTaskContext(duckdb::LogicalOperator& op);

}  // namespace skein::core
