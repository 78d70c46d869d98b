// The names that may stand in a statement, for completion. Free functions; the connection's thread.
#pragma once

#include <string>
#include <vector>

#include "duckdb.hpp"

namespace skein::core {

/// Returns keywords, tables, views, columns, functions and settings that begin with `prefix` in any case, ordered; no
/// more than a screen holds. Nothing where DuckDB cannot say. `connection` runs nothing else and nothing elsewhere.
std::vector<std::string> NamesThatBegin(duckdb::Connection& connection, const std::string& prefix);

}  // namespace skein::core
