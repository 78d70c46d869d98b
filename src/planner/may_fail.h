// Whether looking at an expression may be an error.
#pragma once

#include "duckdb/planner/expression.hpp"

namespace skein::core {

/// Says whether `expression` may raise an error for some row. False only where that is known; DuckDB's CanThrow takes a
/// few casts that fail, such as those from DECIMAL to INTEGER and from STRUCT, for safe ones.
bool MayFail(const duckdb::Expression& expression);

}  // namespace skein::core
