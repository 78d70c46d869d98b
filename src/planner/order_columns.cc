#include "planner/order_columns.h"

#include <algorithm>

#include "duckdb/planner/expression/bound_columnref_expression.hpp"

namespace skein::core {

using duckdb::idx_t;

ExpressionPtr ColumnRef(const duckdb::LogicalType& type, const duckdb::ColumnBinding& binding) {
  return duckdb::make_uniq<duckdb::BoundColumnRefExpression>(type, binding);
}

idx_t PositionOf(const duckdb::Expression& expression, const duckdb::vector<duckdb::ColumnBinding>& bindings) {
  const auto found = std::find(bindings.begin(), bindings.end(), *ColumnOf(expression));
  return static_cast<idx_t>(found - bindings.begin());
}

OperatorPtr WithKeyColumns(OperatorPtr child, duckdb::vector<duckdb::BoundOrderByNode>& orders, idx_t table) {
  auto projection = duckdb::make_uniq<LogicalRestore>();
  projection->bindings = child->GetColumnBindings();
  projection->output_types = child->types;
  projection->SetEstimatedCardinality(child->estimated_cardinality);
  for (idx_t i = 0; i < child->types.size(); i++) {
    projection->expressions.push_back(ColumnRef(child->types[i], projection->bindings[i]));
  }
  idx_t added = 0;
  for (auto& order : orders) {
    if (ColumnOf(*order.expression) != nullptr) continue;
    const duckdb::ColumnBinding binding(table, added++);
    const auto type = order.expression->return_type;
    projection->bindings.push_back(binding);
    projection->output_types.push_back(type);
    projection->expressions.push_back(std::move(order.expression));
    order.expression = ColumnRef(type, binding);
  }
  if (added == 0) return child;
  projection->children.push_back(std::move(child));
  return projection;
}

}  // namespace skein::core
