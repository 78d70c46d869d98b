// Rules for grouping sets: in halves where there are partials, else an aggregate for each set over rows that are stored
// once, each planned like any other:
//
//   AGGREGATE by S1, S2, ...           CTE c
//     rows                      ->       rows
//                                      UNION ALL
//                                        AGGREGATE by S1     the columns that are not in S1 are NULL
//                                          c
//                                        AGGREGATE by S2
//                                          c
#include <set>
#include <utility>

#include "duckdb/planner/expression/bound_columnref_expression.hpp"
#include "duckdb/planner/expression/bound_constant_expression.hpp"
#include "duckdb/planner/operator/logical_aggregate.hpp"
#include "duckdb/planner/operator/logical_materialized_cte.hpp"
#include "duckdb/planner/operator/logical_projection.hpp"
#include "duckdb/planner/operator/logical_set_operation.hpp"
#include "planner/exchange_placer.h"

namespace skein::core {
namespace {

using duckdb::idx_t;
using duckdb::LogicalAggregate;
using Expressions = duckdb::vector<ExpressionPtr>;

// GROUPING() has a bit for each, and is a BIGINT.
constexpr size_t kMaxGroupingColumns = 63;

ExpressionPtr Column(const duckdb::LogicalType& type, idx_t table, idx_t column) {
  return duckdb::make_uniq<duckdb::BoundColumnRefExpression>(type, duckdb::ColumnBinding(table, column));
}

ExpressionPtr Constant(duckdb::Value value) {
  return duckdb::make_uniq<duckdb::BoundConstantExpression>(std::move(value));
}

// What GROUPING(columns) is for the rows of `set`: a bit for each column that is not in it, the last column's the lowest.
int64_t GroupingOf(const duckdb::unsafe_vector<idx_t>& columns, const duckdb::GroupingSet& set) {
  int64_t grouping = 0;
  for (auto column : columns) grouping = grouping * 2 + (set.count(column) == 0 ? 1 : 0);
  return grouping;
}

bool NamesOneTwice(const LogicalAggregate& aggregate) {
  const std::set<duckdb::GroupingSet> different(aggregate.grouping_sets.begin(), aggregate.grouping_sets.end());
  return different.size() < aggregate.grouping_sets.size();
}

}  // namespace

// Halves: partials for each set, together by all columns and by the set, which GROUPING() of all columns names.
Distribution ExchangePlacer::PlaceGroupingSets(OperatorPtr& op, const Distribution& below) {
  auto& aggregate = op->Cast<LogicalAggregate>();
  std::vector<const duckdb::Expression*> groups;
  for (const auto& group : aggregate.groups) groups.push_back(group.get());
  const char* reason = nullptr;
  if (AnyVolatile(groups)) reason = "a volatile key";
  if (is_in_recursive_term_) reason = "grouping sets in a recursive term";
  if (reason != nullptr) {
    Gather(op->children[0]);
    single_reasons_[op.get()] = reason;
    return Distribution::Single();
  }
  if (!WantsPartial(aggregate) || NamesOneTwice(aggregate) || groups.size() >= kMaxGroupingColumns) {
    return PlaceSetBySet(op, below);
  }
  PlaceHalves(op, DistinctCut::kNever);
  return Distribution::Arbitrary();
}

Distribution ExchangePlacer::PlaceSetBySet(OperatorPtr& op, const Distribution& below) {
  auto& aggregate = op->Cast<LogicalAggregate>();
  aggregate.ResolveOperatorTypes();
  const auto cte = new_table_index_();
  const auto row_bindings = aggregate.children[0]->GetColumnBindings();
  Share(aggregate.children[0], cte, below);
  auto definition = std::move(aggregate.children[0]);
  definition->ResolveOperatorTypes();

  duckdb::vector<OperatorPtr> of_sets;
  for (const auto& set : aggregate.grouping_sets) {
    of_sets.push_back(AggregateOfSet(aggregate, set, RereadAs(row_bindings, cte, *definition)));
  }
  auto restore = duckdb::make_uniq<LogicalRestore>();
  restore->bindings = aggregate.GetColumnBindings();
  restore->output_types = aggregate.types;
  const auto all = new_table_index_();
  for (idx_t i = 0; i < aggregate.types.size(); i++) restore->expressions.push_back(Column(aggregate.types[i], all, i));
  restore->SetEstimatedCardinality(aggregate.estimated_cardinality);
  auto together = duckdb::make_uniq<duckdb::LogicalSetOperation>(
      all, aggregate.types.size(), std::move(of_sets), duckdb::LogicalOperatorType::LOGICAL_UNION, /*setop_all=*/true);
  together->SetEstimatedCardinality(aggregate.estimated_cardinality);
  restore->children.push_back(std::move(together));
  restore->ResolveOperatorTypes();

  const auto cardinality = aggregate.estimated_cardinality;
  const auto columns = definition->types.size();
  op = duckdb::make_uniq<duckdb::LogicalMaterializedCTE>("rows of grouping sets", cte, columns, std::move(definition),
                                                         std::move(restore),
                                                         duckdb::CTEMaterialize::CTE_MATERIALIZE_ALWAYS);
  op->SetEstimatedCardinality(cardinality);
  return Place(op->children[1]);
}

OperatorPtr ExchangePlacer::AggregateOfSet(const LogicalAggregate& all, const duckdb::GroupingSet& set,
                                           OperatorPtr rows) {
  Expressions aggregates;
  for (const auto& aggregate : all.expressions) aggregates.push_back(aggregate->Copy());
  auto of_set = duckdb::make_uniq<LogicalAggregate>(new_table_index_(), new_table_index_(), std::move(aggregates));
  of_set->groupings_index = new_table_index_();
  of_set->distinct_validity = all.distinct_validity;
  of_set->SetEstimatedCardinality(all.estimated_cardinality);

  Expressions columns;
  duckdb::GroupingSet whole_set;
  for (idx_t i = 0; i < all.groups.size(); i++) {
    const auto& type = all.groups[i]->return_type;
    if (set.count(i) == 0) {
      columns.push_back(Constant(duckdb::Value(type)));
      continue;
    }
    const auto position = of_set->groups.size();
    columns.push_back(Column(type, of_set->group_index, position));
    whole_set.insert(position);
    of_set->groups.push_back(all.groups[i]->Copy());
    const auto* stats = i < all.group_stats.size() ? all.group_stats[i].get() : nullptr;
    of_set->group_stats.push_back(stats == nullptr ? nullptr : stats->ToUnique());
  }
  if (!whole_set.empty()) of_set->grouping_sets.push_back(std::move(whole_set));
  for (idx_t i = 0; i < all.expressions.size(); i++) {
    columns.push_back(Column(all.expressions[i]->return_type, of_set->aggregate_index, i));
  }
  for (const auto& grouping : all.grouping_functions) {
    columns.push_back(Constant(duckdb::Value::BIGINT(GroupingOf(grouping, set))));
  }
  of_set->children.push_back(std::move(rows));
  auto projection = duckdb::make_uniq<duckdb::LogicalProjection>(new_table_index_(), std::move(columns));
  projection->SetEstimatedCardinality(all.estimated_cardinality);
  projection->children.push_back(std::move(of_set));
  projection->ResolveOperatorTypes();
  return projection;
}

}  // namespace skein::core
