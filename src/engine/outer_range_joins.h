// A guard against an error of DuckDB 1.5.5: its IE join, as an outer join, follows a null pointer when one side has no
// row. Where a whole table is empty DuckDB expects few rows and takes another join; the share of one task can be empty
// although many rows are expected.
#pragma once

#include "duckdb.hpp"
#include "duckdb/planner/logical_operator.hpp"

namespace skein::core {

/// Has DuckDB's physical planner take a piecewise merge join for outer joins by inequalities in `plan`: it expects too
/// few rows for an IE join. One thread.
void AvoidOuterIeJoins(duckdb::LogicalOperator& plan);

}  // namespace skein::core
