// What DuckDB 1.5.5 answers by the order of the rows, or by which of them share a chunk. Only the client's own plan has
// DuckDB's order: a statement with such a thing stays there as a whole.
#pragma once

#include <string>

#include "duckdb/planner/expression.hpp"
#include "duckdb/planner/logical_operator.hpp"

namespace skein::core {

/// Says why the answer of `op` itself, not of its children, depends on the order of its rows; empty where it does not.
/// The types of `op` and its children are resolved.
std::string WhyByOrder(const duckdb::LogicalOperator& op);
/// The same for `expression`, without its children.
std::string WhyByOrder(const duckdb::Expression& expression);

}  // namespace skein::core
