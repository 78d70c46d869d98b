// Rewrites one aggregate into a partial one, to run where the rows are, and a final one over the partials of each
// group: count -> sum of counts, sum -> sum of sums, min and max of themselves, avg -> sum and count, finished as
// DuckDB does, variances -> states; see aggregate_merge.h for all. With DistinctCut::kByValue the partial half groups
// by the argument of the DISTINCT aggregates besides, which leaves each task with each value once.
#pragma once

#include <functional>

#include "duckdb.hpp"
#include "duckdb/planner/operator/logical_aggregate.hpp"
#include "engine/logical_operators.h"
#include "planner/aggregate_merge.h"

namespace skein::core {

/// Says whether every aggregate of `op` has partials whose merge is DuckDB's own answer.
bool HasPartials(const duckdb::LogicalAggregate& op, DistinctCut cut = DistinctCut::kNever);

/// Returns the one argument that all DISTINCT aggregates of `op` share, and that is the same each time it is computed;
/// null where there is none.
const duckdb::Expression* DistinctArgumentOf(const duckdb::LogicalAggregate& op);

/// The two halves; `final` expects the rows of `partial` (through an exchange) as its child.
struct SplitAggregate {
  duckdb::unique_ptr<duckdb::LogicalAggregate> partial;  // has the child of the original
  duckdb::unique_ptr<duckdb::LogicalAggregate> final;    // has no child yet
  duckdb::unique_ptr<LogicalRestore> restore;            // goes on top: types and bindings of the original
  /// For kByValue: the column of `partial` with the values of the DISTINCT aggregates.
  duckdb::unique_ptr<duckdb::Expression> distinct_value;
};

/// Cuts `op` in two; it is taken apart. REQUIRES: HasPartials(op, cut), and for kByValue DistinctArgumentOf(op). Throws
/// DuckDB's exceptions.
SplitAggregate SplitIntoHalves(duckdb::ClientContext& context, duckdb::LogicalAggregate& op,
                               const std::function<duckdb::idx_t()>& new_table_index,
                               DistinctCut cut = DistinctCut::kNever);

}  // namespace skein::core
