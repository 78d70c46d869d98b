// Facts about logical operators that stages and EXPLAIN are made of.
#pragma once

#include <string>

#include "duckdb.hpp"
#include "duckdb/planner/logical_operator.hpp"
#include "plan/distributed_plan.h"

namespace skein::core {

/// Says whether the rows of a plan come in an order that the statement asked for: below streaming operators and limits
/// stands a sort or a top-N.
bool DeliversOrder(const duckdb::LogicalOperator& plan);

/// Says whether the operator sees its whole input before it gives a row.
bool IsBlocking(const duckdb::LogicalOperator& op);

/// What recovery may do with a stage of these operators, down to its exchanges (which are not looked below).
ReplayClass ReplayClassOf(duckdb::LogicalOperator& fragment);

/// One short word or two for a stage tree: a join's type, a scan's function, the numbers of a top-N; no expressions.
std::string DetailOf(duckdb::LogicalOperator& op);

}  // namespace skein::core
