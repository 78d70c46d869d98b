// skein_merge_histograms(MAP(T, UBIGINT)) -> MAP(T, UBIGINT): the histogram of all rows, out of those of their parts.
// The counts of equal keys are added, and keys stand in their order, as in DuckDB's own histogram(T). Used by rewritten
// plans, not by users.
#pragma once

#include "duckdb.hpp"

namespace skein::core {

constexpr const char* kMergeHistograms = "skein_merge_histograms";

/// Puts it into the instance's system catalog. Call once an instance.
void RegisterHistogramMerge(duckdb::DatabaseInstance& database);

}  // namespace skein::core
