// Conditions that DuckDB has moved into a scan that only the client can run.
#pragma once

#include "duckdb.hpp"
#include "duckdb/planner/logical_operator.hpp"
#include "engine/known_functions.h"

namespace skein::core {

/// Moves the conditions that may fail out of the client's scans in `plan`, into a filter above each. The client reads
/// its tables to their end before anything else runs, so it would meet values that DuckDB does not look at: behind a
/// LIMIT, or in the larger side of a join with nothing. Workers stop where nothing more is wanted. What cannot be
/// shipped stays where it is. Types have to be resolved anew. Throws DuckDB's exceptions.
void RaiseClientFilters(duckdb::ClientContext& context, duckdb::unique_ptr<duckdb::LogicalOperator>& plan,
                        const KnownFunctions& worker_functions);

}  // namespace skein::core
