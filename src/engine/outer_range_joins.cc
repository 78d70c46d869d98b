#include "engine/outer_range_joins.h"

#include <algorithm>

#include "duckdb/planner/operator/logical_comparison_join.hpp"

namespace skein::core {
namespace {

// DuckDB takes an IE join from merge_join_threshold rows on, by default 1,000, and a merge join already for these.
constexpr duckdb::idx_t kTooFewRows = 999;

bool IsOuterRangeJoin(const duckdb::LogicalOperator& op) {
  if (op.type != duckdb::LogicalOperatorType::LOGICAL_COMPARISON_JOIN) return false;
  const auto& join = op.Cast<duckdb::LogicalComparisonJoin>();
  const bool is_outer = duckdb::IsLeftOuterJoin(join.join_type) || duckdb::IsRightOuterJoin(join.join_type);
  duckdb::idx_t ranges = 0;
  return is_outer && !join.HasEquality(ranges) && ranges > 0;
}

}  // namespace

void AvoidOuterIeJoins(duckdb::LogicalOperator& plan) {
  if (IsOuterRangeJoin(plan)) {
    auto& rows = plan.children[1]->estimated_cardinality;
    rows = std::min(rows, kTooFewRows);
  }
  for (auto& child : plan.children) AvoidOuterIeJoins(*child);
}

}  // namespace skein::core
