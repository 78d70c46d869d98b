// By what the sorted runs of an exchange are merged. A value.
#pragma once

#include <vector>

#include "duckdb.hpp"
#include "duckdb/function/create_sort_key.hpp"

namespace skein::core {

/// A column of the exchange, by position, and its direction.
struct MergeKey {
  duckdb::idx_t column = 0;
  duckdb::OrderModifiers modifiers{duckdb::OrderType::ASCENDING, duckdb::OrderByNullType::NULLS_LAST};
};

}  // namespace skein::core
