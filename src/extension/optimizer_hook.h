// The hook that DuckDB calls at the end of its optimizer. It replaces the largest subtrees that can be distributed,
// below the statement's root, by operators that run them on the cluster. No I/O and no effect outside of the plan: it
// also runs for EXPLAIN and PREPARE.
#pragma once

#include "duckdb.hpp"
#include "duckdb/optimizer/optimizer_extension.hpp"

namespace skein::core {

/// Has the signature of OptimizerExtension::optimize_function; `input.info` is the InstanceState.
void OptimizeForCluster(duckdb::OptimizerExtensionInput& input, duckdb::unique_ptr<duckdb::LogicalOperator>& plan);

}  // namespace skein::core
