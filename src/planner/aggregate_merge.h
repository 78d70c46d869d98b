// How the partials of one aggregate are merged into DuckDB's own answer. The table of rules for aggregate_splitter.h.
#pragma once

#include <string>

#include "duckdb.hpp"
#include "duckdb/planner/expression/bound_aggregate_expression.hpp"

namespace skein::core {

/// What is done with aggregates over DISTINCT values.
enum class DistinctCut {
  kNever,    // they have no partials
  kByValue,  // the partial half groups by their one argument, too; the final half takes each value of it once
  kApart  // equal values (of a group) never lie at two tasks: each task takes its own once, then they merge as others
};

enum class Merge {
  kNone,       // not at all: the aggregate needs the rows
  kSum,        // by their sum, in the type of the aggregate
  kSame,       // by the same function
  kAverage,    // by sum and count
  kFirst,      // by the same function, over partials that saw a row
  kState,      // as states (engine/state_aggregates.h)
  kDigest,     // as digests (engine/quantile_digest.h)
  kHistogram,  // by adding counts (engine/histogram_merge.h)
  kArgument,   // by the argument at the least or greatest value: the partials carry both
  kCombined,   // the aggregate merges states already: by merging them in two steps
  kWhole       // the final half runs the aggregate over the values that the partial half groups by
};

/// Returns the aggregate, min or max, that gives the value at which arg_min, arg_max or one of their other names finds
/// its argument; an empty text for any other function.
std::string ExtremeOf(const std::string& name);

/// Returns the rule for one aggregate; kNone where there is none.
Merge MergeOf(const duckdb::BoundAggregateExpression& aggregate, DistinctCut cut);

}  // namespace skein::core
