// Puts Skein into a DuckDB instance: from the loadable extension's entry point, or directly by the skein program.
#pragma once

#include "duckdb.hpp"

namespace skein::core {

/// Registers operators, functions, settings, system tables and the optimizer hook. A second call for the same instance
/// does nothing.
void LoadInto(duckdb::DatabaseInstance& database);

}  // namespace skein::core
