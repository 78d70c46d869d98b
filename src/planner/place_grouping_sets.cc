// Rules for grouping sets: in halves where there are partials, else an aggregate for each set over rows that are stored
// once, each planned like any other:
//
//   AGGREGATE by S1, S2, ...           CTE c
//     rows                      ->       rows, together by what the most sets share
//                                      UNION ALL
//                                        AGGREGATE by S1     the columns that are not in S1 are NULL
//                                          c
//                                        AGGREGATE by S2
//                                          c
//
// Halves of DISTINCT aggregates group by the values, too, and so give no row at all for no rows, where the set without
// columns has one: that row is put beside the partials.
#include <algorithm>
#include <set>
#include <utility>

#include "duckdb/planner/expression/bound_columnref_expression.hpp"
#include "duckdb/planner/expression/bound_constant_expression.hpp"
#include "duckdb/planner/operator/logical_aggregate.hpp"
#include "duckdb/planner/operator/logical_empty_result.hpp"
#include "duckdb/planner/operator/logical_materialized_cte.hpp"
#include "duckdb/planner/operator/logical_projection.hpp"
#include "duckdb/planner/operator/logical_set_operation.hpp"
#include "planner/aggregate_splitter.h"
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

// What GROUPING(columns) is for the rows of `set`: a bit for each column that is not in it, the last column's the
// lowest.
int64_t GroupingOf(const duckdb::unsafe_vector<idx_t>& columns, const duckdb::GroupingSet& set) {
  int64_t grouping = 0;
  for (auto column : columns) grouping = grouping * 2 + (set.count(column) == 0 ? 1 : 0);
  return grouping;
}

// The columns that all sets share which name the column that the most sets name; empty where each set names others.
std::vector<const duckdb::Expression*> KeysOfMostSets(const LogicalAggregate& aggregate) {
  duckdb::GroupingSet shared;
  size_t most = 1;
  for (idx_t i = 0; i < aggregate.groups.size(); i++) {
    duckdb::GroupingSet of_all;
    size_t count = 0;
    for (const auto& set : aggregate.grouping_sets) {
      if (set.count(i) == 0) continue;
      duckdb::GroupingSet common;
      std::set_intersection(of_all.begin(), of_all.end(), set.begin(), set.end(), std::inserter(common, common.end()));
      of_all = count++ == 0 ? set : common;
    }
    if (count <= most) continue;
    most = count;
    shared = of_all;
  }
  std::vector<const duckdb::Expression*> keys;
  for (auto column : shared) keys.push_back(aggregate.groups[column].get());
  return keys;
}

bool HasEmptySet(const LogicalAggregate& aggregate) {
  const auto& sets = aggregate.grouping_sets;
  return std::any_of(sets.begin(), sets.end(), [](const auto& set) { return set.empty(); });
}

// To these a NULL more is nothing.
bool DistinctOnesIgnoreNulls(const LogicalAggregate& aggregate) {
  static const std::set<std::string> kNames = {"count", "sum", "sum_no_overflow", "avg", "mean", "min", "max"};
  return std::all_of(aggregate.expressions.begin(), aggregate.expressions.end(), [](const auto& expression) {
    const auto& each = expression->template Cast<duckdb::BoundAggregateExpression>();
    return !each.IsDistinct() || kNames.count(each.function.name) > 0;
  });
}

// Sets that are the same cannot be told apart by what they group by, nor more columns than GROUPING() has bits.
bool CanBeHalved(const LogicalAggregate& aggregate) {
  const std::set<duckdb::GroupingSet> different(aggregate.grouping_sets.begin(), aggregate.grouping_sets.end());
  return different.size() == aggregate.grouping_sets.size() && aggregate.groups.size() < kMaxGroupingColumns;
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
  if (CanBeHalved(aggregate) && WantsPartial(aggregate)) {
    PlaceHalves(op, DistinctCut::kNever);
    return Distribution::Arbitrary();
  }
  if (CanBeHalved(aggregate) && WantsValues(aggregate)) {
    PlaceHalves(op, DistinctCut::kByValue);
    return Distribution::Arbitrary();
  }
  return PlaceSetBySet(op, below);
}

bool ExchangePlacer::WantsValues(const LogicalAggregate& aggregate) const {
  if (options_.aggregate_choice == AggregateChoice::kRawRows || DistinctArgumentOf(aggregate) == nullptr) return false;
  return HasPartials(aggregate, DistinctCut::kByValue) &&
         (!HasEmptySet(aggregate) || DistinctOnesIgnoreNulls(aggregate));
}

OperatorPtr ExchangePlacer::WithRowOfNoRows(duckdb::unique_ptr<LogicalAggregate> partial) {
  partial->ResolveOperatorTypes();
  const auto types = partial->types;
  const auto bindings = partial->GetColumnBindings();
  const auto cardinality = partial->estimated_cardinality;
  auto row = RowOfNoRows(*partial);
  // From one task, and to any.
  const auto first = Column(types[0], row->GetColumnBindings()[0].table_index, 0);
  Repartition(row, {first.get()});
  Expressions columns;
  for (idx_t i = 0; i < types.size(); i++) {
    columns.push_back(duckdb::make_uniq<duckdb::BoundColumnRefExpression>(types[i], bindings[i]));
  }
  auto rows = duckdb::make_uniq<duckdb::LogicalProjection>(new_table_index_(), std::move(columns));
  rows->children.push_back(std::move(partial));
  duckdb::vector<OperatorPtr> inputs;
  inputs.push_back(std::move(rows));
  inputs.push_back(std::move(row));
  return Together(std::move(inputs), bindings, types, cardinality);
}

// The aggregates are what they are over nothing, and each key is NULL.
OperatorPtr ExchangePlacer::RowOfNoRows(const LogicalAggregate& partial) {
  Expressions columns, aggregates;
  for (const auto& group : partial.groups) columns.push_back(Constant(duckdb::Value(group->return_type)));
  for (const auto& aggregate : partial.expressions) aggregates.push_back(aggregate->Copy());
  auto over_nothing =
      duckdb::make_uniq<LogicalAggregate>(new_table_index_(), new_table_index_(), std::move(aggregates));
  over_nothing->groupings_index = new_table_index_();
  over_nothing->children.push_back(duckdb::make_uniq<duckdb::LogicalEmptyResult>(
      partial.children[0]->types, partial.children[0]->GetColumnBindings()));
  for (idx_t i = 0; i < partial.expressions.size(); i++) {
    columns.push_back(Column(partial.expressions[i]->return_type, over_nothing->aggregate_index, i));
  }
  for (const auto& grouping : partial.grouping_functions) {
    columns.push_back(Constant(duckdb::Value::BIGINT(GroupingOf(grouping, {}))));
  }
  auto row = duckdb::make_uniq<duckdb::LogicalProjection>(new_table_index_(), std::move(columns));
  row->children.push_back(std::move(over_nothing));
  row->ResolveOperatorTypes();
  return row;
}

OperatorPtr ExchangePlacer::Together(duckdb::vector<OperatorPtr> inputs,
                                     const duckdb::vector<duckdb::ColumnBinding>& bindings,
                                     const duckdb::vector<duckdb::LogicalType>& types, idx_t cardinality) {
  const auto all = new_table_index_();
  auto together = duckdb::make_uniq<duckdb::LogicalSetOperation>(
      all, types.size(), std::move(inputs), duckdb::LogicalOperatorType::LOGICAL_UNION, /*setop_all=*/true);
  together->SetEstimatedCardinality(cardinality);
  auto restore = duckdb::make_uniq<LogicalRestore>();
  restore->bindings = bindings;
  restore->output_types = types;
  for (idx_t i = 0; i < types.size(); i++) restore->expressions.push_back(Column(types[i], all, i));
  restore->children.push_back(std::move(together));
  restore->SetEstimatedCardinality(cardinality);
  restore->ResolveOperatorTypes();
  return restore;
}

Distribution ExchangePlacer::PlaceSetBySet(OperatorPtr& op, Distribution below) {
  auto& aggregate = op->Cast<LogicalAggregate>();
  aggregate.ResolveOperatorTypes();
  const auto keys = KeysOfMostSets(aggregate);
  const bool are_columns = std::all_of(keys.begin(), keys.end(), [](const auto* key) { return ColumnOf(*key); });
  const bool is_in_place = below.kind == DistributionKind::kHash && !MatchKeys(below, keys).empty();
  if (!keys.empty() && are_columns && !is_in_place) below = Repartition(aggregate.children[0], keys);

  const auto cte = new_table_index_();
  const auto row_bindings = aggregate.children[0]->GetColumnBindings();
  Share(aggregate.children[0], cte, below);
  auto definition = std::move(aggregate.children[0]);
  definition->ResolveOperatorTypes();

  duckdb::vector<OperatorPtr> of_sets;
  for (const auto& set : aggregate.grouping_sets) {
    of_sets.push_back(AggregateOfSet(aggregate, set, RereadAs(row_bindings, cte, *definition)));
  }
  auto together =
      Together(std::move(of_sets), aggregate.GetColumnBindings(), aggregate.types, aggregate.estimated_cardinality);
  const auto cardinality = aggregate.estimated_cardinality;
  const auto columns = definition->types.size();
  op = duckdb::make_uniq<duckdb::LogicalMaterializedCTE>("rows of grouping sets", cte, columns, std::move(definition),
                                                         std::move(together),
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
