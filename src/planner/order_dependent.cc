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
    const bool is_key = condition.comparison == duckdb::ExpressionType::COMPARE_EQUAL ||
                        condition.comparison == duckdb::ExpressionType::COMPARE_NOT_DISTINCT_FROM;
    return is_key && HasPart(condition.left->return_type, {LogicalTypeId::BLOB, LogicalTypeId::BIT});
  });
}

// The scalar subquery of an array. Where some of its rows are found, DuckDB makes arrays of what stands at other
// places: an error, or none, as it happens.
bool LooksUpArrays(const duckdb::LogicalComparisonJoin& join) {
  if (join.join_type != duckdb::JoinType::SINGLE) return false;
  const auto& types = join.children[join.delim_flipped ? 0 : 1]->types;
  return std::any_of(types.begin(), types.end(),
                     [](const duckdb::LogicalType& type) { return HasPart(type, {LogicalTypeId::ARRAY}); });
}

}  // namespace

std::string WhyByOrder(const duckdb::LogicalOperator& op) {
  using Type = duckdb::LogicalOperatorType;
  if (op.type == Type::LOGICAL_COMPARISON_JOIN || op.type == Type::LOGICAL_DELIM_JOIN) {
    const auto& join = op.Cast<duckdb::LogicalComparisonJoin>();
    if (ComparesLists(join)) return "ANY or ALL compares lists, where the answer depends on the order of the rows";
    if (LooksUpArrays(join)) return "a subquery gives an array, where an error depends on the order of the rows";
  }
  if (op.type == Type::LOGICAL_ASOF_JOIN && MistakesKeys(op.Cast<duckdb::LogicalComparisonJoin>())) {
    return "an ASOF join by a BLOB or BIT, where the answer depends on the order of the rows";
  }
  return "";
}

std::string WhyByOrder(const duckdb::Expression& expression) {
  // An error where the rows of a chunk take several branches, and none where all take one.
  const bool is_case = expression.GetExpressionClass() == duckdb::ExpressionClass::BOUND_CASE;
  if (!is_case || !HasPart(expression.return_type, {LogicalTypeId::ARRAY})) return "";
  return "CASE chooses between arrays, where an error depends on the order of the rows";
}

}  // namespace skein::core
