// What DuckDB found out about CSV or JSON files when it bound their scan (dialect, columns, formats of dates), on the
// wire: workers read by it and look at no file to guess anew. DuckDB has no serialized form of it (JSON), or one that
// lacks options (CSV), so the fields are listed here. Any thread.
#pragma once

#include <optional>
#include <string>

#include "duckdb.hpp"
#include "duckdb/common/multi_file/multi_file_states.hpp"
#include "engine/split_scan_spec.h"

namespace skein::core {

/// Says which text files the scan reads; nothing where it reads others.
std::optional<TextFormat> TextFormatOf(const duckdb::MultiFileBindData& bind_data);

/// Returns what holds for all files of the scan. REQUIRES: TextFormatOf has a value.
std::string BoundOf(const duckdb::MultiFileBindData& bind_data);
/// Returns what holds for the file at `index` of the list alone: only CSV files whose columns are united by name have
/// that; otherwise empty. REQUIRES: TextFormatOf has a value.
std::string BoundOfFile(const duckdb::MultiFileBindData& bind_data, duckdb::idx_t index);
/// Says why the file at `index` of the list, which is `path`, cannot be read from any line on; empty where it can: JSON
/// with a value a line, and a single CSV file in whose dialect there are no quotes, not compressed. With quotes,
/// whether a line's end is inside of them is known only to who has read all before it. Reads nothing but what DuckDB
/// has read.
std::string WhyNotCut(const duckdb::MultiFileBindData& bind_data, duckdb::idx_t index, const std::string& path);
/// The size of the first file where DuckDB has it open since it bound the scan; otherwise 0. No I/O.
uint64_t OpenBytes(const duckdb::MultiFileBindData& bind_data);

/// Fills bind data with which DuckDB's own function reads the split's file as in the planned scan. Throws DuckDB's
/// exceptions on malformed bytes.
void FillBound(duckdb::ClientContext& context, const TextFiles& files, const TextSplit& split,
               duckdb::MultiFileBindData& bind_data);

}  // namespace skein::core
