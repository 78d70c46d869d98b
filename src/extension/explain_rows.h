// Adds the stage trees of distributed queries to the rows of EXPLAIN, below DuckDB's own plan.
#pragma once

#include <functional>

#include "duckdb.hpp"
#include "duckdb/planner/logical_operator.hpp"

namespace skein::core {

/// `explain` is a LogicalExplain whose children were already looked at by the hook. It gets one more row
/// ("skein_stages", tree) for each remote query below: as text, or as JSON for FORMAT json. Under ANALYZE, as text
/// only, the tree has the figures of the run. For other formats nothing changes.
void AddStageRows(duckdb::ClientContext& context, duckdb::unique_ptr<duckdb::LogicalOperator>& explain,
                  const std::function<duckdb::idx_t()>& new_table_index);

}  // namespace skein::core
