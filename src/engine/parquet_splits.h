// Cuts a scan into splits at the coordinator: of Parquet files every row group of every file, each once, files pinned
// by size and modification time; of a table see table_splits.h, of text files text_splits.h.
#pragma once

#include <vector>

#include "duckdb.hpp"
#include "duckdb/planner/operator/logical_get.hpp"
#include "engine/split_scan_spec.h"
#include "engine/table_splits.h"
#include "engine/text_splits.h"
#include "plan/split.h"

namespace skein::core {

/// What the coordinator keeps of a scan between planning and execution.
struct PlannedScan {
  SplitScanSpec spec;
  duckdb::vector<duckdb::OpenFileInfo> files;  // of a scan of Parquet or text files
  std::vector<TextFile> text_files;            // of a scan of text files, beside `files`
  TableRows rows;                              // of a table
};

/// Says why a scan cannot be split; empty when it can. No I/O but for globs that DuckDB has not expanded yet.
std::string WhyNotSplittable(duckdb::LogicalGet& get);
/// Takes what a split scan needs out of a splittable scan. Parquet files are those left after DuckDB's own pruning.
PlannedScan PlanScan(duckdb::ClientContext& context, duckdb::LogicalGet& get);
/// Reads the Parquet files' footers (kept in the instance's object cache while a file is unchanged) and returns one
/// split a row group, or asks for the text files' versions and returns splits of those (text_splits.h); ids from 0, in
/// file order. Throws DuckDB's exceptions.
std::vector<Split> EnumerateSplits(duckdb::ClientContext& context, const PlannedScan& scan);

}  // namespace skein::core
