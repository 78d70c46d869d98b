#include "planner/distribution.h"

#include <algorithm>

#include "duckdb/planner/expression/bound_columnref_expression.hpp"

namespace skein {

bool HashKey::Has(const duckdb::ColumnBinding& binding) const {
  return std::find(bindings.begin(), bindings.end(), binding) != bindings.end();
}

const duckdb::ColumnBinding* ColumnOf(const duckdb::Expression& expression) {
  if (expression.GetExpressionClass() != duckdb::ExpressionClass::BOUND_COLUMN_REF) return nullptr;
  return &expression.Cast<duckdb::BoundColumnRefExpression>().binding;
}

bool AnyVolatile(const std::vector<const duckdb::Expression*>& expressions) {
  return std::any_of(expressions.begin(), expressions.end(),
                     [](const duckdb::Expression* expression) { return expression->IsVolatile(); });
}

std::vector<size_t> MatchKeys(const Distribution& distribution,
                              const std::vector<const duckdb::Expression*>& expressions) {
  std::vector<size_t> positions;
  for (const auto& key : distribution.keys) {
    auto found = std::find_if(expressions.begin(), expressions.end(), [&](const duckdb::Expression* expression) {
      const auto* binding = ColumnOf(*expression);
      return binding != nullptr && expression->return_type == key.type && key.Has(*binding);
    });
    if (found == expressions.end()) return {};
    positions.push_back(static_cast<size_t>(found - expressions.begin()));
  }
  return positions;
}

}  // namespace skein
