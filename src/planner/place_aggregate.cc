// Rules for aggregates and limits: partial halves where the rows are, whole operators where a task has all that belongs
// together.
#include <algorithm>

#include "duckdb/planner/expression/bound_columnref_expression.hpp"
#include "duckdb/planner/operator/logical_aggregate.hpp"
#include "duckdb/planner/operator/logical_limit.hpp"
#include "duckdb/planner/operator/logical_top_n.hpp"
#include "planner/aggregate_splitter.h"
#include "planner/exchange_placer.h"

namespace skein::core {
namespace {

using duckdb::idx_t;

// After an aggregate by group, its group columns tell where a row is.
Distribution ByGroups(const duckdb::LogicalAggregate& aggregate, const std::vector<size_t>& positions) {
  std::vector<HashKey> keys;
  for (auto position : positions) {
    keys.push_back({aggregate.groups[position]->return_type, {{aggregate.group_index, position}}});
  }
  return Distribution::Hash(std::move(keys));
}

std::vector<const duckdb::Expression*> Pointers(const duckdb::vector<ExpressionPtr>& expressions) {
  std::vector<const duckdb::Expression*> pointers;
  for (const auto& expression : expressions) pointers.push_back(expression.get());
  return pointers;
}

std::vector<size_t> AllPositions(size_t count) {
  std::vector<size_t> positions;
  for (size_t i = 0; i < count; i++) positions.push_back(i);
  return positions;
}

bool FitsWithOffset(idx_t limit, idx_t offset) { return limit <= duckdb::NumericLimits<int64_t>::Maximum() - offset; }

}  // namespace

// Partials wherever they are possible: DuckDB estimates as many groups as rows for keys out of Parquet, which says
// nothing, and a partial aggregate over keys that are all different costs less than a shuffle of rows that need not be.
bool ExchangePlacer::WantsPartial(const duckdb::LogicalOperator& op) const {
  return options_.aggregate_choice != AggregateChoice::kRawRows && HasPartials(op.Cast<duckdb::LogicalAggregate>());
}

Distribution ExchangePlacer::PlaceAggregate(OperatorPtr& op) {
  auto below = Place(op->children[0]);
  if (!below.is_distributed()) return below;
  auto& aggregate = op->Cast<duckdb::LogicalAggregate>();
  if (aggregate.grouping_sets.size() > 1) return PlaceGroupingSets(op, below);
  const auto groups = Pointers(aggregate.groups);
  if (below.kind == DistributionKind::kHash) {
    const auto positions = MatchKeys(below, groups);
    if (!positions.empty()) return ByGroups(aggregate, positions);
  }
  if (auto placed = TryPlaceDistinctAggregate(op, below)) return *placed;
  if (!WantsPartial(aggregate)) {
    if (groups.empty() || AnyVolatile(groups)) {
      Gather(op->children[0]);
      single_reasons_[op.get()] = groups.empty() ? "an aggregate without groups has no partials" : "a volatile key";
      return Distribution::Single();
    }
    Repartition(op->children[0], groups);
    return ByGroups(aggregate, AllPositions(groups.size()));
  }
  return PlaceHalves(op, DistinctCut::kNever);
}

Distribution ExchangePlacer::PlaceHalves(OperatorPtr& op, DistinctCut cut) {
  auto& aggregate = op->Cast<duckdb::LogicalAggregate>();
  const auto group_count = aggregate.groups.size();
  const auto by_groups = ByGroups(aggregate, AllPositions(group_count));
  const auto& sets = aggregate.grouping_sets;
  const bool has_sets = sets.size() > 1;
  const bool has_empty_set = has_sets && std::any_of(sets.begin(), sets.end(), [](auto& set) { return set.empty(); });
  auto split = SplitIntoHalves(context_, aggregate, new_table_index_, cut);
  auto final_groups = Pointers(split.final->groups);
  // What GROUPING() says is the same for all rows of one set: a hash of it, too, would put them elsewhere than
  // ByGroups.
  if (!has_sets) final_groups.resize(group_count);
  const bool lacks_row = has_empty_set && cut == DistinctCut::kByValue;
  OperatorPtr partial = lacks_row ? WithRowOfNoRows(std::move(split.partial)) : std::move(split.partial);
  if (final_groups.empty()) {
    Gather(partial);
    single_reasons_[split.final.get()] = "one row for all rows";
  } else {
    Repartition(partial, final_groups);
  }
  split.final->children.push_back(std::move(partial));
  split.restore->children.push_back(std::move(split.final));
  op = std::move(split.restore);
  return final_groups.empty() ? Distribution::Single() : by_groups;
}

Distribution ExchangePlacer::PlaceTopN(OperatorPtr& op) {
  const auto below = Place(op->children[0]);
  if (!below.is_distributed()) return below;
  single_reasons_[op.get()] = "a top-N ends in one task";
  auto& top = op->Cast<duckdb::LogicalTopN>();
  top.dynamic_filter.reset();
  if (!FitsWithOffset(top.limit, top.offset)) {
    Gather(op->children[0]);
    return Distribution::Single();
  }
  duckdb::vector<duckdb::BoundOrderByNode> orders;
  for (const auto& order : top.orders) orders.push_back(order.Copy());
  auto local = duckdb::make_uniq<duckdb::LogicalTopN>(std::move(orders), top.limit + top.offset, 0);
  local->SetEstimatedCardinality(top.limit + top.offset);
  local->children.push_back(std::move(op->children[0]));
  op->children[0] = std::move(local);
  Gather(op->children[0]);
  return Distribution::Single();
}

Distribution ExchangePlacer::PlaceLimit(OperatorPtr& op) {
  const auto below = Place(op->children[0]);
  if (!below.is_distributed()) return below;
  single_reasons_[op.get()] = "a limit ends in one task";
  auto& limit = op->Cast<duckdb::LogicalLimit>();
  using duckdb::LimitNodeType;
  const bool has_count = limit.limit_val.Type() == LimitNodeType::CONSTANT_VALUE;
  const bool has_offset = limit.offset_val.Type() == LimitNodeType::CONSTANT_VALUE;
  const bool no_offset = limit.offset_val.Type() == LimitNodeType::UNSET;
  if (has_count && (has_offset || no_offset)) {
    const auto count = limit.limit_val.GetConstantValue();
    const auto offset = has_offset ? limit.offset_val.GetConstantValue() : 0;
    if (FitsWithOffset(count, offset)) {
      auto local = duckdb::make_uniq<duckdb::LogicalLimit>(
          duckdb::BoundLimitNode::ConstantValue(static_cast<int64_t>(count + offset)), duckdb::BoundLimitNode());
      local->SetEstimatedCardinality(count + offset);
      local->children.push_back(std::move(op->children[0]));
      op->children[0] = std::move(local);
    }
  }
  Gather(op->children[0]);
  return Distribution::Single();
}

}  // namespace skein::core
