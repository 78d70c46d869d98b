// Rules for aggregates over DISTINCT values, in two levels. With groups g and values x:
//
//   each task                   then, by the hash of g                 without groups, by the hash of x
//   GROUP BY g, x               GROUP BY g, each value once            each value once, in partials; gathered and
//   merged
//
// So a value crosses the network once a task, and no task sees the values of all others.
#include "planner/aggregate_splitter.h"
#include "planner/exchange_placer.h"

namespace skein::core {

std::optional<Distribution> ExchangePlacer::TryPlaceDistinctAggregate(OperatorPtr& op, const Distribution& below) {
  auto& aggregate = op->Cast<duckdb::LogicalAggregate>();
  const auto* value = DistinctArgumentOf(aggregate);
  if (value == nullptr || options_.aggregate_choice == AggregateChoice::kRawRows) return std::nullopt;
  if (HasPartials(aggregate, DistinctCut::kApart) && LiesApart(aggregate, *value, below)) {
    return PlaceHalves(op, DistinctCut::kApart);
  }
  if (!HasPartials(aggregate, DistinctCut::kByValue)) return std::nullopt;
  if (!aggregate.groups.empty()) return PlaceHalves(op, DistinctCut::kByValue);
  if (!HasPartials(aggregate, DistinctCut::kApart)) return std::nullopt;

  auto split = SplitIntoHalves(context_, aggregate, new_table_index_, DistinctCut::kByValue);
  OperatorPtr values = std::move(split.partial);
  Repartition(values, {split.distinct_value.get()});
  split.final->children.push_back(std::move(values));
  OperatorPtr over_values = std::move(split.final);
  const auto placed = PlaceHalves(over_values, DistinctCut::kApart);
  split.restore->children.push_back(std::move(over_values));
  op = std::move(split.restore);
  return placed;
}

// Equal values of a group are at one task where the rows are there by some of the groups and the value.
bool ExchangePlacer::LiesApart(const duckdb::LogicalAggregate& aggregate, const duckdb::Expression& value,
                               const Distribution& below) {
  if (below.kind != DistributionKind::kHash) return false;
  std::vector<const duckdb::Expression*> columns;
  for (const auto& group : aggregate.groups) columns.push_back(group.get());
  columns.push_back(&value);
  return !MatchKeys(below, columns).empty();
}

}  // namespace skein::core
