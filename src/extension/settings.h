// Skein's settings in DuckDB's SET.
#pragma once

#include <chrono>

#include "duckdb.hpp"
#include "planner/planner_options.h"

namespace skein::core {

enum class Mode { kAuto, kLocal, kDistributed };
/// Who writes the files of a COPY to a folder; auto: the workers where they are of this machine.
enum class CopyChoice { kAuto, kClient, kWorkers };

/// Adds the settings to the instance. Call once an instance.
void RegisterSettings(duckdb::DatabaseInstance& database);

/// Reads skein_mode of the session.
Mode ModeOf(duckdb::ClientContext& context);
/// Reads skein_auto_min_rows of the session: auto distributes a query whose scans are estimated at that many rows.
uint64_t AutoMinRowsOf(duckdb::ClientContext& context);
/// Reads skein_copy of the session.
CopyChoice CopyChoiceOf(duckdb::ClientContext& context);
/// Reads skein_task_timeout_ms of the session; 0: none.
std::chrono::milliseconds TaskTimeoutOf(duckdb::ClientContext& context);
/// Reads skein_join and skein_aggregate of the session.
PlannerOptions PlannerOptionsOf(duckdb::ClientContext& context, uint32_t worker_count);

}  // namespace skein::core
