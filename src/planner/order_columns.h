// Sort keys as plain columns, for the rules of sorts.
#pragma once

#include "duckdb.hpp"
#include "duckdb/planner/bound_result_modifier.hpp"
#include "planner/exchange_placer.h"

namespace skein::core {

ExpressionPtr ColumnRef(const duckdb::LogicalType& type, const duckdb::ColumnBinding& binding);

/// Where the column `expression` stands among `bindings`. REQUIRES: it is one of them.
duckdb::idx_t PositionOf(const duckdb::Expression& expression, const duckdb::vector<duckdb::ColumnBinding>& bindings);

/// A projection to the columns of `child` and, behind them, those sort keys that are not among them, as columns of
/// `table`; the keys become plain columns. The types of `child` are resolved.
OperatorPtr WithKeyColumns(OperatorPtr child, duckdb::vector<duckdb::BoundOrderByNode>& orders, duckdb::idx_t table);

}  // namespace skein::core
