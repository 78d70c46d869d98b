// A query ready to run: the plan as a value and, beside it, the trees that its fragments are made of. Made by the hook
// when DuckDB plans. Owned by the operator in the client's plan.
#pragma once

#include <vector>

#include "duckdb.hpp"
#include "engine/logical_operators.h"
#include "engine/parquet_splits.h"
#include "plan/distributed_plan.h"

namespace skein::core {

struct PlannedStage {
  duckdb::unique_ptr<LogicalExchangeSink> fragment;
  /// By scan id.
  std::vector<PlannedScan> scans;
};

/// Rows that the client's own process gives to an exchange.
struct PlannedClientInput {
  ExchangeId exchange = 0;
  ExchangeKind kind = ExchangeKind::kRoundRobin;
  duckdb::unique_ptr<duckdb::LogicalOperator> plan;
  /// Partition keys of kHash, over the plan's columns.
  duckdb::vector<duckdb::unique_ptr<duckdb::Expression>> keys;
};

struct PlannedQuery {
  DistributedPlan plan;
  std::vector<PlannedStage> stages;  // by stage id
  /// Taken out by the operator in the client's plan, which runs them.
  std::vector<PlannedClientInput> client_inputs;
};

}  // namespace skein::core
