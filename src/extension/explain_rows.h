// Adds the stage trees of distributed queries to the rows of EXPLAIN, below DuckDB's own plan.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "duckdb.hpp"
#include "duckdb/planner/logical_operator.hpp"

namespace skein::core {

/// `explain` is a LogicalExplain whose children were already looked at by the hook. It gets one more row
/// ("skein_stages", tree) for each remote query below: as text, or as JSON for FORMAT json. Where parts stay in the
/// client, one row ("skein_client", reasons) says why. Under ANALYZE, as text only, the trees have the figures of the
/// run and there are no reasons. For other formats nothing changes.
void AddStageRows(duckdb::ClientContext& context, duckdb::unique_ptr<duckdb::LogicalOperator>& explain,
                  const std::vector<std::string>& client_reasons,
                  const std::function<duckdb::idx_t()>& new_table_index);

}  // namespace skein::core
