// The task context in SQL, for scans of the user's own: skein_task_index() and skein_task_count(). Outside of a task,
// so in plain DuckDB, they are 0 and 1: what filters rows by them keeps them all.
#pragma once

#include "duckdb.hpp"

namespace skein::core {

inline constexpr char kTaskIndexFunction[] = "skein_task_index";
inline constexpr char kTaskCountFunction[] = "skein_task_count";

/// Puts both, () -> BIGINT, into the instance's system catalog. Call once an instance.
void RegisterTaskFunctions(duckdb::DatabaseInstance& database);

}  // namespace skein::core
