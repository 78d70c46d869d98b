// The part of text_bind.h that is about CSV. Any thread.
#pragma once

#include <string>

#include "duckdb.hpp"
#include "duckdb/common/multi_file/multi_file_states.hpp"
#include "engine/split_scan_spec.h"

namespace skein::core {

/// As of text_bind.h. REQUIRES: the bind data is of a CSV scan.
std::string CsvBoundOf(const duckdb::MultiFileBindData& bind_data);
std::string CsvBoundOfFile(const duckdb::MultiFileBindData& bind_data, duckdb::idx_t index);

/// Where DuckDB would not read a file by several threads, neither shall this. Of a split that is no whole file, opens
/// the lines; throws DuckDB's exceptions.
void FillCsvBound(duckdb::ClientContext& context, const std::string& bound, const TextSplit& split,
                  duckdb::MultiFileBindData& bind_data);

/// As WhyNotCut of text_bind.h.
std::string WhyCsvNotCut(const duckdb::MultiFileBindData& bind_data, const std::string& path);
/// As OpenBytes of text_bind.h.
uint64_t OpenCsvBytes(const duckdb::MultiFileBindData& bind_data);

}  // namespace skein::core
