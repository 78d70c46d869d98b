#include "planner/distribution.h"

#include <algorithm>

#include "duckdb/planner/expression/bound_columnref_expression.hpp"

namespace skein::core {

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

Distribution ThroughColumns(const Distribution& below,
                            const duckdb::vector<duckdb::unique_ptr<duckdb::Expression>>& expressions,
                            const duckdb::vector<duckdb::ColumnBinding>& bindings) {
  if (below.kind != DistributionKind::kHash) return below;
  std::vector<HashKey> keys;
  for (const auto& key : below.keys) {
    HashKey mapped{key.type, {}};
    for (duckdb::idx_t i = 0; i < expressions.size(); i++) {
      const auto* binding = ColumnOf(*expressions[i]);
      if (binding != nullptr && key.Has(*binding)) mapped.bindings.push_back(bindings[i]);
    }
    if (mapped.bindings.empty()) return Distribution::Arbitrary();
    keys.push_back(std::move(mapped));
  }
  return Distribution::Hash(std::move(keys));
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

}  // namespace skein::core
