#include "planner/operator_facts.h"

#include <set>

#include "duckdb/common/enum_util.hpp"
#include "duckdb/planner/expression/bound_aggregate_expression.hpp"
#include "duckdb/planner/logical_operator_visitor.hpp"
#include "duckdb/planner/operator/logical_distinct.hpp"
#include "duckdb/planner/operator/logical_get.hpp"
#include "duckdb/planner/operator/logical_join.hpp"
#include "duckdb/planner/operator/logical_top_n.hpp"
#include "engine/logical_operators.h"
#include "engine/task_copy.h"

namespace skein::core {
namespace {

using duckdb::LogicalOperatorType;

bool IsExchange(duckdb::LogicalOperator& op) {
  const auto* ours = AsSkein(op);
  return ours != nullptr && ours->kind() == OperatorKind::kExchange;
}

bool IsStreaming(duckdb::LogicalOperator& op) {
  switch (op.type) {
    case LogicalOperatorType::LOGICAL_GET:
    case LogicalOperatorType::LOGICAL_FILTER:
    case LogicalOperatorType::LOGICAL_PROJECTION:
    case LogicalOperatorType::LOGICAL_UNNEST:
      return true;
    default:
      return false;
  }
}

// Aggregates whose result depends on the order of their rows: sums of floats, and those that pick or list rows.
bool IsExactAggregate(const duckdb::Expression& expression) {
  if (expression.GetExpressionClass() != duckdb::ExpressionClass::BOUND_AGGREGATE) return true;
  const auto& aggregate = expression.Cast<duckdb::BoundAggregateExpression>();
  const auto& name = aggregate.function.name;
  static const std::set<std::string> kExact = {"count",    "count_star", "count_if", "countif", "min",    "max",
                                               "bool_and", "bool_or",    "bit_and",  "bit_or",  "bit_xor"};
  if (kExact.count(name) > 0) return true;
  const bool is_sum = name == "sum" || name == "sum_no_overflow" || name == "avg";
  return is_sum && aggregate.children[0]->return_type.id() != duckdb::LogicalTypeId::DOUBLE &&
         aggregate.children[0]->return_type.id() != duckdb::LogicalTypeId::FLOAT;
}

bool IsExact(duckdb::LogicalOperator& op) {
  switch (op.type) {
    case LogicalOperatorType::LOGICAL_LIMIT:
    case LogicalOperatorType::LOGICAL_TOP_N:
    case LogicalOperatorType::LOGICAL_SAMPLE:
    case LogicalOperatorType::LOGICAL_WINDOW:
      return false;
    case LogicalOperatorType::LOGICAL_DISTINCT:
      if (op.Cast<duckdb::LogicalDistinct>().distinct_type == duckdb::DistinctType::DISTINCT_ON) return false;
      break;
    default:
      break;
  }
  bool is_exact = true;
  duckdb::LogicalOperatorVisitor::EnumerateExpressions(op, [&](duckdb::unique_ptr<duckdb::Expression>* expression) {
    is_exact &= IsExactAggregate(**expression) && !(*expression)->IsVolatile();
  });
  return is_exact;
}

void Collect(duckdb::LogicalOperator& op, bool& is_exact, bool& is_streaming) {
  if (IsExchange(op)) {
    is_streaming = false;
    return;
  }
  is_exact &= IsExact(op);
  is_streaming &= IsStreaming(op);
  for (auto& child : op.children) Collect(*child, is_exact, is_streaming);
}

bool DeliversOrderOfOurs(const SkeinOperator& op) {
  if (op.kind() == OperatorKind::kRestore) return DeliversOrder(*op.children[0]);
  if (op.kind() != OperatorKind::kExchange) return false;
  const auto& exchange = static_cast<const LogicalExchange&>(op);
  return exchange.is_ordered || !exchange.merge_keys.empty();
}

std::string DetailOfOurs(const SkeinOperator* op) {
  if (op == nullptr || op->kind() != OperatorKind::kTaskCopy) return "";
  return static_cast<const LogicalTaskCopy*>(op)->format();
}

}  // namespace

bool DeliversOrder(const duckdb::LogicalOperator& plan) {
  switch (plan.type) {
    case LogicalOperatorType::LOGICAL_ORDER_BY:
    case LogicalOperatorType::LOGICAL_TOP_N:
      return true;
    case LogicalOperatorType::LOGICAL_PROJECTION:
    case LogicalOperatorType::LOGICAL_FILTER:
    case LogicalOperatorType::LOGICAL_LIMIT:
    case LogicalOperatorType::LOGICAL_UNNEST:
      return DeliversOrder(*plan.children[0]);
    case LogicalOperatorType::LOGICAL_MATERIALIZED_CTE:
      return DeliversOrder(*plan.children[1]);
    case LogicalOperatorType::LOGICAL_EXTENSION_OPERATOR:
      return DeliversOrderOfOurs(static_cast<const SkeinOperator&>(plan));
    default:
      return false;
  }
}

bool IsBlocking(const duckdb::LogicalOperator& op) {
  switch (op.type) {
    case LogicalOperatorType::LOGICAL_AGGREGATE_AND_GROUP_BY:
    case LogicalOperatorType::LOGICAL_DISTINCT:
    case LogicalOperatorType::LOGICAL_ORDER_BY:
    case LogicalOperatorType::LOGICAL_TOP_N:
    case LogicalOperatorType::LOGICAL_WINDOW:
      return true;
    default:
      return false;
  }
}

ReplayClass ReplayClassOf(duckdb::LogicalOperator& fragment) {
  bool is_exact = true, is_streaming = true;
  Collect(fragment, is_exact, is_streaming);
  if (!is_exact) return ReplayClass::kAgree;
  return is_streaming ? ReplayClass::kStream : ReplayClass::kHold;
}

std::string DetailOf(duckdb::LogicalOperator& op) {
  switch (op.type) {
    case LogicalOperatorType::LOGICAL_COMPARISON_JOIN:
    case LogicalOperatorType::LOGICAL_ANY_JOIN:
    case LogicalOperatorType::LOGICAL_DELIM_JOIN:
    case LogicalOperatorType::LOGICAL_ASOF_JOIN:
      return duckdb::EnumUtil::ToString(static_cast<duckdb::LogicalJoin&>(op).join_type);
    case LogicalOperatorType::LOGICAL_GET:
      return "";
    case LogicalOperatorType::LOGICAL_TOP_N:
      return std::to_string(op.Cast<duckdb::LogicalTopN>().limit);
    case LogicalOperatorType::LOGICAL_EXTENSION_OPERATOR:
      return DetailOfOurs(AsSkein(op));
    default:
      return "";
  }
}

}  // namespace skein::core
