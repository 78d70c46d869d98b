#include "planner/client_filters.h"

#include <algorithm>
#include <utility>

#include "duckdb/planner/expression/bound_columnref_expression.hpp"
#include "duckdb/planner/filter/conjunction_filter.hpp"
#include "duckdb/planner/filter/expression_filter.hpp"
#include "duckdb/planner/operator/logical_filter.hpp"
#include "duckdb/planner/operator/logical_get.hpp"
#include "duckdb/planner/operator/logical_projection.hpp"
#include "engine/parquet_splits.h"
#include "planner/eligibility.h"
#include "planner/may_fail.h"

namespace skein::core {
namespace {

using duckdb::TableFilterType;
using Conditions = duckdb::vector<duckdb::unique_ptr<duckdb::Expression>>;
using FilterPtr = duckdb::unique_ptr<duckdb::TableFilter>;

bool FilterMayFail(const duckdb::TableFilter& filter) {
  const auto any_child = [](const duckdb::ConjunctionFilter& conjunction) {
    return std::any_of(conjunction.child_filters.begin(), conjunction.child_filters.end(),
                       [](const FilterPtr& child) { return FilterMayFail(*child); });
  };
  switch (filter.filter_type) {
    case TableFilterType::EXPRESSION_FILTER:
      return MayFail(*filter.Cast<duckdb::ExpressionFilter>().expr);
    case TableFilterType::CONJUNCTION_AND:
      return any_child(filter.Cast<duckdb::ConjunctionAndFilter>());
    case TableFilterType::CONJUNCTION_OR:
      return any_child(filter.Cast<duckdb::ConjunctionOrFilter>());
    default:  // compares with constants, or need not be applied
      return false;
  }
}

class Raiser {
 public:
  Raiser(duckdb::ClientContext& context, const KnownFunctions& worker_functions)
      : context_(context), worker_functions_(worker_functions) {}

  void Visit(duckdb::unique_ptr<duckdb::LogicalOperator>& op) {
    for (auto& child : op->children) Visit(child);
    if (op->type != duckdb::LogicalOperatorType::LOGICAL_GET) return;
    auto& get = op->Cast<duckdb::LogicalGet>();
    if (get.table_filters.filters.empty() || WhyNotSplittable(get).empty()) return;
    auto filter = duckdb::make_uniq<duckdb::LogicalFilter>();
    const auto wanted = get.GetColumnBindings();
    filter->expressions = Take(get);
    if (filter->expressions.empty()) return;
    const auto given = get.GetColumnBindings();
    if (given != wanted) {
      for (const auto& binding : wanted) {
        const auto at = std::find(given.begin(), given.end(), binding);
        filter->projection_map.push_back(static_cast<duckdb::idx_t>(at - given.begin()));
      }
    }
    filter->SetEstimatedCardinality(get.estimated_cardinality);
    filter->children.push_back(std::move(op));
    op = std::move(filter);
  }

 private:
  Conditions Take(duckdb::LogicalGet& get) {
    Conditions taken;
    auto& filters = get.table_filters.filters;
    for (auto at = filters.begin(); at != filters.end();) {
      const auto column = PositionOf(get, at->first);
      if (column.IsValid()) Take(get, column.GetIndex(), at->second, taken);
      at = at->second ? std::next(at) : filters.erase(at);
    }
    return taken;
  }

  // Leaves nothing of a filter that is taken whole.
  void Take(duckdb::LogicalGet& get, duckdb::idx_t column, FilterPtr& filter, Conditions& taken) {
    if (!FilterMayFail(*filter)) return;
    if (filter->filter_type == TableFilterType::CONJUNCTION_AND) {
      auto& children = filter->Cast<duckdb::ConjunctionAndFilter>().child_filters;
      for (auto& child : children) Take(get, column, child, taken);
      children.erase(std::remove(children.begin(), children.end(), nullptr), children.end());
      if (children.empty()) filter.reset();
      return;
    }
    const auto& id = get.GetColumnIds()[column];
    const duckdb::BoundColumnRefExpression reference(get.GetColumnName(id), get.GetColumnType(id),
                                                     {get.table_index, column});
    auto expression = filter->ToExpression(reference);
    if (!CanLeave(*expression)) return;
    taken.push_back(std::move(expression));
    filter.reset();
    Give(get, column);
  }

  // Without a list, a scan gives all of its columns in their order. So it does where the list has them all.
  static void Give(duckdb::LogicalGet& get, duckdb::idx_t column) {
    auto& given = get.projection_ids;
    if (given.empty() || std::find(given.begin(), given.end(), column) != given.end()) return;
    given.push_back(column);
    if (given.size() == get.GetColumnIds().size()) given.clear();
  }

  // Where the scan has the column of a table; nowhere for a part of one.
  static duckdb::optional_idx PositionOf(const duckdb::LogicalGet& get, duckdb::idx_t column) {
    const auto& ids = get.GetColumnIds();
    for (duckdb::idx_t i = 0; i < ids.size(); i++) {
      if (ids[i].GetPrimaryIndex() == column) return ids[i].HasChildren() ? duckdb::optional_idx() : i;
    }
    return {};
  }

  bool CanLeave(const duckdb::Expression& expression) {
    Conditions expressions;
    expressions.push_back(expression.Copy());
    duckdb::LogicalProjection alone(0, std::move(expressions));
    return Examine(context_, alone, worker_functions_).reason.empty();
  }

  duckdb::ClientContext& context_;
  const KnownFunctions& worker_functions_;
};

}  // namespace

void RaiseClientFilters(duckdb::ClientContext& context, duckdb::unique_ptr<duckdb::LogicalOperator>& plan,
                        const KnownFunctions& worker_functions) {
  Raiser(context, worker_functions).Visit(plan);
}

}  // namespace skein::core
