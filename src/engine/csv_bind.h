// The part of text_bind.h that is about CSV. Any thread.
#pragma once

#include <string>

#include "duckdb.hpp"
#include "duckdb/common/multi_file/multi_file_states.hpp"

namespace skein::core {

/// As of text_bind.h. REQUIRES: the bind data is of a CSV scan.
std::string CsvBoundOf(const duckdb::MultiFileBindData& bind_data);
std::string CsvBoundOfFile(const duckdb::MultiFileBindData& bind_data, duckdb::idx_t index);

/// `of_file` may be empty. Where DuckDB would not read a file by several threads, neither shall this.
void FillCsvBound(const std::string& bound, const std::string& path, const std::string& of_file,
                  bool is_read_in_parallel, duckdb::MultiFileBindData& bind_data);

}  // namespace skein::core
