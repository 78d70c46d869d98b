#include "engine/types_as_run.h"

#include <algorithm>

#include "duckdb/planner/expression/bound_columnref_expression.hpp"
#include "duckdb/planner/operator/logical_set_operation.hpp"
#include "engine/logical_operators.h"

namespace skein::core {
namespace {

using duckdb::LogicalOperatorType;

bool PassesAllColumns(duckdb::LogicalOperator& projection) {
  const auto below = projection.children[0]->GetColumnBindings();
  return std::equal(projection.expressions.begin(), projection.expressions.end(), below.begin(), below.end(),
                    [](const duckdb::unique_ptr<duckdb::Expression>& expression, const duckdb::ColumnBinding& binding) {
                      return expression->GetExpressionClass() == duckdb::ExpressionClass::BOUND_COLUMN_REF &&
                             expression->Cast<duckdb::BoundColumnRefExpression>().binding == binding;
                    });
}

// The child whose physical types are those of `op`; null where they are those of `op` itself.
duckdb::LogicalOperator* WhereTypesComeFrom(duckdb::LogicalOperator& op) {
  switch (op.type) {
    case LogicalOperatorType::LOGICAL_DISTINCT:
      return op.children[0].get();
    case LogicalOperatorType::LOGICAL_FILTER:
      return op.HasProjectionMap() ? nullptr : op.children[0].get();
    case LogicalOperatorType::LOGICAL_PROJECTION:
      return PassesAllColumns(op) ? op.children[0].get() : nullptr;
    case LogicalOperatorType::LOGICAL_EXCEPT:
    case LogicalOperatorType::LOGICAL_INTERSECT:
      return op.Cast<duckdb::LogicalSetOperation>().setop_all ? op.children[0].get() : nullptr;
    case LogicalOperatorType::LOGICAL_MATERIALIZED_CTE:
      return op.children[1].get();
    default:
      return nullptr;
  }
}

}  // namespace

duckdb::vector<duckdb::LogicalType> TypesAsRun(duckdb::LogicalOperator& op) {
  if (const auto* ours = AsSkein(op)) return ours->RunTypes();
  auto* below = WhereTypesComeFrom(op);
  return below == nullptr ? op.types : TypesAsRun(*below);
}

}  // namespace skein::core
