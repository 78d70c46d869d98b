// The function that a distributed sort cuts its rows by.
#pragma once

#include "duckdb.hpp"
#include "duckdb/function/scalar_function.hpp"

namespace skein::core {

constexpr const char* kRangeIndexFunction = "skein_range_index";

/// skein_range_index(splitters, key) -> BIGINT: how many of the splitters, a sorted list without NULLs, are not above
/// the key; 0 for a NULL list. Keys and splitters are DuckDB's sort keys, BLOB or BIGINT. So equal keys have equal
/// indexes, and lower keys never a higher one.
duckdb::ScalarFunctionSet RangeIndexFunctions();

}  // namespace skein::core
