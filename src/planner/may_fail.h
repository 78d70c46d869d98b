// Whether looking at an expression may be an error.
#pragma once

#include "duckdb/planner/expression.hpp"

namespace skein::core {

/// Says whether `expression` may raise an error for some row. False only for casts and functions that are known never
/// to: DuckDB's CanThrow is false for many that do, such as casts from DECIMAL to INTEGER, `chr`, `abs` and lambdas.
bool MayFail(const duckdb::Expression& expression);

}  // namespace skein::core
