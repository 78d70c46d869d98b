// A query ready to run: the plan as a value and, beside it, the trees that its fragments are made of. Made by the hook
// when DuckDB plans. Owned by the operator in the client's plan.
#pragma once

#include <vector>

#include "duckdb.hpp"
#include "engine/logical_operators.h"
#include "engine/parquet_splits.h"
#include "plan/distributed_plan.h"

namespace skein {

struct PlannedStage {
  duckdb::unique_ptr<LogicalExchangeSink> fragment;
  /// By scan id.
  std::vector<PlannedScan> scans;
};

struct PlannedQuery {
  DistributedPlan plan;
  std::vector<PlannedStage> stages;  // by stage id
};

}  // namespace skein
