// The part of text_bind.h that is about JSON. Any thread.
#pragma once

#include <string>

#include "duckdb.hpp"
#include "duckdb/common/multi_file/multi_file_states.hpp"

namespace skein::core {

/// As of text_bind.h. REQUIRES: the bind data is of a JSON scan.
std::string JsonBoundOf(const duckdb::MultiFileBindData& bind_data);
void FillJsonBound(const std::string& bound, duckdb::MultiFileBindData& bind_data);

}  // namespace skein::core
