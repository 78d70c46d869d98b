#include "planner/order_dependent.h"

#include <algorithm>

#include "duckdb/common/type_visitor.hpp"
#include "duckdb/planner/operator/logical_comparison_join.hpp"

namespace skein::core {
namespace {

using duckdb::LogicalTypeId;

bool HasPart(const duckdb::LogicalType& type, std::initializer_list<LogicalTypeId> parts) {
  return duckdb::TypeVisitor::Contains(type, [&](const duckdb::LogicalType& part) {
    return std::find(parts.begin(), parts.end(), part.id()) != parts.end();
  });
}

// `l <> ANY (SELECT …)` where l is a list, or has one in it: once DuckDB meets a NULL on the left, it compares no list
// that comes after it.
bool ComparesLists(const duckdb::LogicalComparisonJoin& join) {
  duckdb::idx_t ranges = 0;
  if (join.join_type != duckdb::JoinType::MARK || join.HasEquality(ranges)) return false;
  return std::any_of(join.conditions.begin(), join.conditions.end(), [](const duckdb::JoinCondition& condition) {
    return HasPart(condition.left->return_type, {LogicalTypeId::LIST, LogicalTypeId::MAP});
  });
}

// In an ASOF join DuckDB takes some of these for equal that are not, '\x00' and '\x00\x00', and does not find most BITs
// that are: which, depends on the other rows of their partition.
bool MistakesKeys(const duckdb::LogicalComparisonJoin& join) {
  return std::any_of(join.conditions.begin(), join.conditions.end(), [](const duckdb::JoinCondition& condition) {
    return condition.comparison == duckdb::ExpressionType::COMPARE_EQUAL &&
           HasPart(condition.left->return_type, {LogicalTypeId::BLOB, LogicalTypeId::BIT});
  });
}

}  // namespace

std::string WhyByOrder(const duckdb::LogicalOperator& op) {
  switch (op.type) {
    case duckdb::LogicalOperatorType::LOGICAL_COMPARISON_JOIN:
      if (!ComparesLists(op.Cast<duckdb::LogicalComparisonJoin>())) return "";
      return "ANY or ALL compares lists, where the answer depends on the order of the rows";
    case duckdb::LogicalOperatorType::LOGICAL_ASOF_JOIN:
      if (!MistakesKeys(op.Cast<duckdb::LogicalComparisonJoin>())) return "";
      return "an ASOF join by a BLOB or BIT, where the answer depends on the order of the rows";
    default:
      return "";
  }
}

std::string WhyByOrder(const duckdb::Expression& expression) {
  // An error where the rows of a chunk take several branches, and none where all take one.
  const bool is_case = expression.GetExpressionClass() == duckdb::ExpressionClass::BOUND_CASE;
  if (!is_case || !HasPart(expression.return_type, {LogicalTypeId::ARRAY})) return "";
  return "CASE chooses between arrays, where an error depends on the order of the rows";
}

}  // namespace skein::core
