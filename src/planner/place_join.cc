// Rules for joins: copies one side to every task or cuts both by their keys, as join_rules.h allows.
#include "duckdb/planner/operator/logical_any_join.hpp"
#include "duckdb/planner/operator/logical_comparison_join.hpp"
#include "planner/exchange_placer.h"
#include "planner/join_rules.h"
#include "planner/may_fail.h"

namespace skein::core {
namespace {

using duckdb::JoinType;

struct EqualityKeys {
  std::vector<const duckdb::Expression*> left;
  std::vector<const duckdb::Expression*> right;
};

// The marks of a correlated subquery depend on the rows with the same correlated keys (NOT DISTINCT FROM), and only on
// them; those of any other MARK join on all rows.
EqualityKeys KeysOf(const duckdb::LogicalComparisonJoin& join) {
  EqualityKeys keys;
  const bool is_mark = join.join_type == JoinType::MARK;
  if (is_mark && join.mark_types.empty()) return keys;
  for (const auto& condition : join.conditions) {
    const bool is_equality = (condition.comparison == duckdb::ExpressionType::COMPARE_EQUAL && !is_mark) ||
                             condition.comparison == duckdb::ExpressionType::COMPARE_NOT_DISTINCT_FROM;
    // A volatile key has another value each time it is looked at. DuckDB looks at those on the left only where there is
    // a row on the right: an exchange, which always does, must not fail by them.
    if (condition.left->IsVolatile() || condition.right->IsVolatile() || MayFail(*condition.left)) continue;
    if (!is_equality || condition.left->return_type != condition.right->return_type) continue;
    keys.left.push_back(condition.left.get());
    keys.right.push_back(condition.right.get());
  }
  return keys;
}

uint64_t BytesOf(duckdb::LogicalOperator& op) {
  op.ResolveOperatorTypes();
  uint64_t row_bytes = 1;
  for (const auto& type : op.types) {
    const bool is_string = type.InternalType() == duckdb::PhysicalType::VARCHAR;
    row_bytes += is_string ? 16 : duckdb::GetTypeIdSize(type.InternalType());
  }
  return op.estimated_cardinality * row_bytes;
}

// After a join by hash, a key column of either emitted side tells where a row is.
Distribution JoinedDistribution(JoinType type, const EqualityKeys& keys, const std::vector<size_t>& order) {
  std::vector<HashKey> result;
  for (auto position : order) {
    HashKey key{keys.left[position]->return_type, {}};
    const auto* left = ColumnOf(*keys.left[position]);
    const auto* right = ColumnOf(*keys.right[position]);
    if (EmitsLeft(type) && left != nullptr) key.bindings.push_back(*left);
    if (EmitsRight(type) && right != nullptr) key.bindings.push_back(*right);
    if (key.bindings.empty()) return Distribution::Arbitrary();
    result.push_back(std::move(key));
  }
  return Distribution::Hash(std::move(result));
}

// The order in which `distribution` hashes some of `keys`; empty where it does not lie by them.
std::vector<size_t> OrderOf(const Distribution& distribution, const std::vector<const duckdb::Expression*>& keys) {
  return distribution.kind == DistributionKind::kHash ? MatchKeys(distribution, keys) : std::vector<size_t>{};
}

std::vector<const duckdb::Expression*> Pick(const std::vector<const duckdb::Expression*>& expressions,
                                            const std::vector<size_t>& positions) {
  std::vector<const duckdb::Expression*> picked;
  for (auto position : positions) picked.push_back(expressions[position]);
  return picked;
}

}  // namespace

bool ExchangePlacer::PrefersBroadcast(duckdb::LogicalOperator& moved, duckdb::LogicalOperator& other,
                                      const std::vector<size_t>& other_order) const {
  if (options_.join_choice == JoinChoice::kBroadcast) return true;
  if (options_.join_choice == JoinChoice::kRepartition) return false;
  // The other side stays where it is either way.
  if (!other_order.empty()) return false;
  // Copies and repeated hash tables against moving both sides once.
  return BytesOf(moved) * (options_.task_count - 1) * 2 < BytesOf(other);
}

Distribution ExchangePlacer::PlaceComparisonJoin(OperatorPtr& op) {
  auto& join = op->Cast<duckdb::LogicalComparisonJoin>();
  auto left = Place(op->children[0]);
  auto right = Place(op->children[1]);
  if (!left.is_distributed() && !right.is_distributed()) {
    if (left.is_pinned || right.is_pinned) return Distribution::Pinned();
    const bool both = left.kind == DistributionKind::kReplicated && right.kind == DistributionKind::kReplicated;
    return both ? Distribution::Replicated() : Distribution::Single();
  }
  if (left.is_pinned || right.is_pinned) return GatherBoth(*op, left, right, "a side cannot leave its task");

  const auto type = join.join_type;
  const bool is_asof = op->type == duckdb::LogicalOperatorType::LOGICAL_ASOF_JOIN;
  const auto keys = KeysOf(join);
  const bool can_repartition = MayRepartition(type) && !keys.left.empty();
  const auto left_order = can_repartition ? OrderOf(left, keys.left) : std::vector<size_t>{};
  const auto right_order = can_repartition ? OrderOf(right, keys.right) : std::vector<size_t>{};
  // Both lie by the keys already.
  if (!left_order.empty() && left_order == right_order) return JoinedDistribution(type, keys, left_order);
  auto& left_child = op->children[0];
  auto& right_child = op->children[1];

  if (left.is_distributed() && right.kind == DistributionKind::kReplicated && MayBroadcastRight(type)) return left;
  const bool can_broadcast_right = left.is_distributed() && MayBroadcastRight(type);
  if (can_broadcast_right && (!can_repartition || PrefersBroadcast(*right_child, *left_child, left_order))) {
    Broadcast(right_child);
    return left;
  }
  const bool can_broadcast_left = right.is_distributed() && MayBroadcastLeft(type) && !is_asof;
  if (can_broadcast_left && (!can_repartition || PrefersBroadcast(*left_child, *right_child, right_order))) {
    if (left.kind != DistributionKind::kReplicated) Broadcast(left_child);
    return right;
  }
  if (!can_repartition)
    return GatherBoth(*op, left, right, duckdb::EnumUtil::ToString(type) + " join without keys to cut by");

  // Leave a side where it is if it already lies by the keys.
  if (!left_order.empty()) {
    Repartition(right_child, Pick(keys.right, left_order));
    return JoinedDistribution(type, keys, left_order);
  }
  if (!right_order.empty()) {
    Repartition(left_child, Pick(keys.left, right_order));
    return JoinedDistribution(type, keys, right_order);
  }
  std::vector<size_t> order;
  for (size_t i = 0; i < keys.left.size(); i++) order.push_back(i);
  Repartition(left_child, keys.left);
  Repartition(right_child, keys.right);
  return JoinedDistribution(type, keys, order);
}

Distribution ExchangePlacer::PlaceNestedLoopJoin(OperatorPtr& op) {
  auto left = Place(op->children[0]);
  auto right = Place(op->children[1]);
  const bool is_cross = op->type == duckdb::LogicalOperatorType::LOGICAL_CROSS_PRODUCT;
  const auto type = is_cross ? JoinType::INNER : op->Cast<duckdb::LogicalAnyJoin>().join_type;
  if (left.is_pinned || right.is_pinned || !(left.is_distributed() || right.is_distributed())) {
    return GatherBoth(*op, left, right, "a side cannot leave its task");
  }
  if (left.is_distributed() && MayBroadcastRight(type)) {
    if (right.kind != DistributionKind::kReplicated) Broadcast(op->children[1]);
    return left;
  }
  if (right.is_distributed() && MayBroadcastLeft(type)) {
    if (left.kind != DistributionKind::kReplicated) Broadcast(op->children[0]);
    return right;
  }
  return GatherBoth(*op, left, right, duckdb::EnumUtil::ToString(type) + " join without keys to cut by");
}

Distribution ExchangePlacer::GatherBoth(duckdb::LogicalOperator& op, const Distribution& left,
                                        const Distribution& right, const std::string& reason) {
  if (left.is_distributed()) Gather(op.children[0]);
  if (right.is_distributed()) Gather(op.children[1]);
  if (left.is_distributed() || right.is_distributed()) single_reasons_[&op] = reason;
  return left.is_pinned || right.is_pinned ? Distribution::Pinned() : Distribution::Single();
}

}  // namespace skein::core
