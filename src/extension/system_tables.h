// skein_workers(), skein_queries() and skein_tasks(): the cluster seen from SQL.
#pragma once

#include "duckdb.hpp"

namespace skein::core {

/// Adds the table functions to the instance. Call once an instance.
void RegisterSystemTables(duckdb::DatabaseInstance& database);

}  // namespace skein::core
