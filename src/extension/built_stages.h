// skein_run_stages('[{"id": 0, "sql": "…", "tasks": 4, "output": "hash", "keys": ["k"]}, {"id": 1, "sql": "… FROM
// stage_0", "tasks": 4, "depends_on": [0]}]'): the rows of stages that were cut by hand. The text is bound as a table
// function, and the optimizer hook puts the operator that runs the stages in its place.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <arrow/result.h>

#include "duckdb.hpp"
#include "duckdb/planner/logical_operator.hpp"
#include "planner/stage_spec.h"

namespace skein::core {

/// Registers the function with an instance. Call once an instance.
void RegisterBuiltStages(duckdb::DatabaseInstance& database);

/// Replaces each scan of the function, anywhere in `plan`. Throws DuckDB's exceptions.
void PlaceBuiltStages(duckdb::ClientContext& context, duckdb::unique_ptr<duckdb::LogicalOperator>& plan);

}  // namespace skein::core
