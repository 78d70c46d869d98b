// Rule for sorts: each task sorts its rows, and one task merges them by the same keys.
#include <algorithm>

#include "duckdb/planner/expression/bound_columnref_expression.hpp"
#include "duckdb/planner/operator/logical_order.hpp"
#include "planner/exchange_placer.h"

namespace skein::core {
namespace {

using duckdb::idx_t;

ExpressionPtr Column(const duckdb::LogicalType& type, const duckdb::ColumnBinding& binding) {
  return duckdb::make_uniq<duckdb::BoundColumnRefExpression>(type, binding);
}

// A projection to the columns of `child` and, behind them, those sort keys that are not among them; the keys become
// plain columns.
OperatorPtr WithKeyColumns(OperatorPtr child, duckdb::vector<duckdb::BoundOrderByNode>& orders, idx_t table) {
  auto projection = duckdb::make_uniq<LogicalRestore>();
  projection->bindings = child->GetColumnBindings();
  projection->output_types = child->types;
  projection->SetEstimatedCardinality(child->estimated_cardinality);
  for (idx_t i = 0; i < child->types.size(); i++) {
    projection->expressions.push_back(Column(child->types[i], projection->bindings[i]));
  }
  idx_t added = 0;
  for (auto& order : orders) {
    if (ColumnOf(*order.expression) != nullptr) continue;
    const duckdb::ColumnBinding binding(table, added++);
    const auto type = order.expression->return_type;
    projection->bindings.push_back(binding);
    projection->output_types.push_back(type);
    projection->expressions.push_back(std::move(order.expression));
    order.expression = Column(type, binding);
  }
  if (added == 0) return child;
  projection->children.push_back(std::move(child));
  return projection;
}

std::vector<MergeKey> MergeKeysOf(const duckdb::vector<duckdb::BoundOrderByNode>& orders,
                                  const duckdb::vector<duckdb::ColumnBinding>& bindings) {
  std::vector<MergeKey> keys;
  for (const auto& order : orders) {
    const auto found = std::find(bindings.begin(), bindings.end(), *ColumnOf(*order.expression));
    keys.push_back({static_cast<idx_t>(found - bindings.begin()), {order.type, order.null_order}});
  }
  return keys;
}

}  // namespace

Distribution ExchangePlacer::PlaceOrder(OperatorPtr& op) {
  const auto below = Place(op->children[0]);
  if (!below.is_distributed()) return below.is_pinned ? Distribution::Pinned() : Distribution::Single();
  auto& order = op->Cast<duckdb::LogicalOrder>();
  std::vector<const duckdb::Expression*> expressions;
  for (const auto& node : order.orders) expressions.push_back(node.expression.get());
  if (AnyVolatile(expressions)) {
    Gather(op->children[0]);
    single_reasons_[op.get()] = "a volatile key";
    return Distribution::Single();
  }
  op->ResolveOperatorTypes();
  auto restore = duckdb::make_uniq<LogicalRestore>();
  restore->bindings = op->GetColumnBindings();
  restore->output_types = op->types;
  restore->SetEstimatedCardinality(op->estimated_cardinality);
  for (idx_t i = 0; i < op->types.size(); i++) {
    restore->expressions.push_back(Column(op->types[i], restore->bindings[i]));
  }

  // DuckDB estimates no rows for a sort.
  if (!op->has_estimated_cardinality) op->SetEstimatedCardinality(op->children[0]->estimated_cardinality);
  order.projection_map.clear();
  op->children[0] = WithKeyColumns(std::move(op->children[0]), order.orders, new_table_index_());
  op->ResolveOperatorTypes();
  auto keys = MergeKeysOf(order.orders, op->GetColumnBindings());
  auto exchange = duckdb::make_uniq<LogicalExchange>(ExchangeKind::kGather, std::move(op));
  exchange->is_ordered = true;
  exchange->merge_keys = std::move(keys);
  const bool is_narrower = exchange->bindings != restore->bindings;
  if (!is_narrower) {
    op = std::move(exchange);
    return Distribution::Single();
  }
  restore->children.push_back(std::move(exchange));
  op = std::move(restore);
  return Distribution::Single();
}

}  // namespace skein::core
