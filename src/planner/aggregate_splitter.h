// Rewrites one aggregate into a partial one, to run where the rows are, and a final one over the partials of each
// group: count -> sum of counts, sum -> sum of sums, min and max of themselves, avg -> sum and count, finished as
// DuckDB does.
#pragma once

#include <functional>
#include <string>

#include "duckdb.hpp"
#include "duckdb/planner/operator/logical_aggregate.hpp"
#include "engine/logical_operators.h"

namespace skein {

/// Says whether every aggregate of `op` has partials whose merge is DuckDB's own answer.
bool HasPartials(const duckdb::LogicalAggregate& op);

/// The two halves; `final` expects the rows of `partial` (through an exchange) as its child.
struct SplitAggregate {
  duckdb::unique_ptr<duckdb::LogicalAggregate> partial;  // has the child of the original
  duckdb::unique_ptr<duckdb::LogicalAggregate> final;    // has no child yet
  duckdb::unique_ptr<LogicalRestore> restore;            // goes on top: types and bindings of the original
};

/// Cuts `op` in two; it is taken apart. REQUIRES: HasPartials(op). Throws DuckDB's exceptions.
SplitAggregate SplitIntoHalves(duckdb::ClientContext& context, duckdb::LogicalAggregate& op,
                               const std::function<duckdb::idx_t()>& new_table_index);

}  // namespace skein
