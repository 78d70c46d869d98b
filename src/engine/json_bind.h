// The part of text_bind.h that is about JSON. Any thread.
#pragma once

#include <string>

#include "duckdb.hpp"
#include "duckdb/common/multi_file/multi_file_states.hpp"

namespace skein::core {

/// As of text_bind.h. REQUIRES: the bind data is of a JSON scan.
std::string JsonBoundOf(const duckdb::MultiFileBindData& bind_data);
/// `is_of_lines`: what is read is known to have a value a line, and need not be looked at to find that out.
void FillJsonBound(const std::string& bound, bool is_of_lines, duckdb::MultiFileBindData& bind_data);

/// Says whether the file at `index` of the list is known to have a value a line and not to be compressed, so that it
/// can be read from any line on. No I/O.
bool IsOfJsonLines(const duckdb::MultiFileBindData& bind_data, duckdb::idx_t index, const std::string& path);
/// The size of the first file, where DuckDB has it open since it bound the scan; otherwise 0. No I/O.
uint64_t OpenJsonBytes(const duckdb::MultiFileBindData& bind_data);

}  // namespace skein::core
