#include "planner/task_scan.h"

#include <algorithm>

#include "duckdb/planner/expression/bound_function_expression.hpp"
#include "duckdb/planner/expression_iterator.hpp"
#include "duckdb/planner/logical_operator_visitor.hpp"
#include "engine/task_functions.h"

namespace skein::core {
namespace {

using duckdb::LogicalOperatorType;

bool Contains(const duckdb::Expression& expression, bool is_index_wanted) {
  if (expression.GetExpressionClass() == duckdb::ExpressionClass::BOUND_FUNCTION) {
    const auto& name = expression.Cast<duckdb::BoundFunctionExpression>().function.name;
    if (name == kTaskIndexFunction || (!is_index_wanted && name == kTaskCountFunction)) return true;
  }
  bool found = false;
  duckdb::ExpressionIterator::EnumerateChildren(
      expression, [&](const duckdb::Expression& child) { found |= Contains(child, is_index_wanted); });
  return found;
}

bool AnyContains(duckdb::LogicalOperator& op, bool is_index_wanted) {
  bool found = false;
  duckdb::LogicalOperatorVisitor::EnumerateExpressions(op, [&](duckdb::unique_ptr<duckdb::Expression>* expression) {
    found |= Contains(**expression, is_index_wanted);
  });
  return found;
}

// Functions that read what every worker can reach.
bool CanRunAnywhere(duckdb::LogicalGet& get) {
  constexpr const char* kFunctions[] = {"range", "generate_series", "glob", "read_text", "read_blob"};
  const auto is_known = [&](const char* name) { return get.function.name == name; };
  return get.children.empty() && std::any_of(std::begin(kFunctions), std::end(kFunctions), is_known);
}

}  // namespace

const duckdb::LogicalGet* FindTaskScan(duckdb::LogicalOperator& op) {
  bool is_cut = false;
  auto* at = &op;
  while (at->type == LogicalOperatorType::LOGICAL_FILTER || at->type == LogicalOperatorType::LOGICAL_PROJECTION) {
    is_cut |= at->type == LogicalOperatorType::LOGICAL_FILTER && AnyContains(*at, true);
    at = at->children[0].get();
  }
  if (!is_cut || at->type != LogicalOperatorType::LOGICAL_GET) return nullptr;
  auto& get = at->Cast<duckdb::LogicalGet>();
  return CanRunAnywhere(get) ? &get : nullptr;
}

bool ReadsTaskContext(duckdb::LogicalOperator& op) { return AnyContains(op, false); }

}  // namespace skein::core
