// Adds the stage trees of distributed queries to the rows of EXPLAIN, below DuckDB's own plan.
#pragma once

#include <functional>

#include "duckdb.hpp"
#include "duckdb/planner/logical_operator.hpp"

namespace skein {

/// `explain` is a LogicalExplain whose children were already looked at by the hook. As text it gets one more row
/// ("skein_stages", tree) for each remote query below; under ANALYZE the tree has the figures of the run. Otherwise
/// nothing changes.
void AddStageRows(duckdb::ClientContext& context, duckdb::unique_ptr<duckdb::LogicalOperator>& explain,
                  const std::function<duckdb::idx_t()>& new_table_index);

}  // namespace skein
