// Cuts the scan of a table in a database file into splits at the coordinator: its rows by row groups, each once, the
// file pinned. Only files that are open read only can be read by other processes, and nobody can write to them
// meanwhile.
#pragma once

#include <string>
#include <vector>

#include "duckdb.hpp"
#include "duckdb/planner/operator/logical_get.hpp"
#include "duckdb/storage/table/row_group_reorderer.hpp"
#include "engine/split_scan_spec.h"
#include "plan/split.h"

namespace skein::core {

/// Says whether the scan is of a table that DuckDB stores.
bool IsTableScan(const duckdb::LogicalGet& get);
/// Says why workers cannot scan the table; empty when they can. No I/O. REQUIRES: IsTableScan.
std::string WhyNotOpenToWorkers(duckdb::LogicalGet& get);
/// REQUIRES: WhyNotOpenToWorkers is empty.
TableOfFile TableOf(const duckdb::LogicalGet& get);
/// Names what a process sees of the table: the file's identifier, its last checkpoint, and the table's row ids. No I/O.
/// Two files may have the same, where DuckDB gave them no identifier.
std::string VersionOf(duckdb::TableCatalogEntry& table);

/// Says whether DuckDB took row groups out of the scan and out of an OFFSET above it. Otherwise an order of row groups
/// only helps the scan to stop early.
bool SkipsRowGroups(const duckdb::RowGroupOrderOptions* options);

/// How many row ids a table has, and how many each of its row groups.
struct TableRows {
  uint64_t rows = 0;
  uint64_t row_group_size = 1;
};
/// REQUIRES: WhyNotOpenToWorkers is empty. What a file that nobody can write to holds is the same until it is detached.
TableRows TableRowsOf(const duckdb::LogicalGet& get);
/// Returns splits of whole row groups, about a thousand at most, ids from 0. Throws an IOException that names the file
/// when it is not the one that this process has open.
std::vector<Split> EnumerateTableSplits(const TableOfFile& table, const TableRows& rows);
/// Throws an IOException that names the file.
[[noreturn]] void ThrowReplaced(const std::string& path);

}  // namespace skein::core
