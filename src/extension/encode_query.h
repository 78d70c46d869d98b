// A planned query as the message that the coordinator runs: fragments encoded, files pinned and cut into splits, as
// they are now. Throws DuckDB's exceptions.
#pragma once

#include "coordinator/query_request.h"
#include "duckdb.hpp"
#include "planner/planned_query.h"

namespace skein::core {

/// Makes all of the request but the rows of the client. REQUIRES: a transaction is open.
QueryRequest EncodeQuery(duckdb::ClientContext& context, const PlannedQuery& query);

}  // namespace skein::core
