// The types of an operator's rows once DuckDB has made it physical. They differ from those of the logical plan in
// collations: DuckDB leaves out a projection that passes all columns, and with it the collations that it adds. EXCEPT
// and INTERSECT compare by what is left, so whatever cuts a plan in two must tell the upper half of it.
#pragma once

#include "duckdb.hpp"

namespace skein::core {

/// `op` and all below it have their types resolved, and column references by bindings.
duckdb::vector<duckdb::LogicalType> TypesAsRun(duckdb::LogicalOperator& op);

}  // namespace skein::core
