// Has DuckDB measure the operators of one fragment, and reads what it measured. Belongs to the run of the fragment; its
// driver's thread only.
#pragma once

#include "duckdb.hpp"
#include "engine/engine.h"

namespace skein::core {

/// Turns DuckDB's profiler on for the next statement of the connection, without output.
void StartProfile(duckdb::ClientContext& context);
/// Adds operators and temporary files of the last statement to `result`. REQUIRES: it has ended well, and no other has
/// begun since; `result.rows_out` is set.
void ReadProfile(duckdb::ClientContext& context, TaskResult& result);

}  // namespace skein::core
