// Rule for sorts: each task sorts its rows, and one task merges them by the same keys. The sort of a whole large result
// is cut by ranges instead (place_range_order.cc).
#include "duckdb/planner/operator/logical_order.hpp"
#include "planner/exchange_placer.h"
#include "planner/order_columns.h"

namespace skein::core {
namespace {

using duckdb::idx_t;

std::vector<MergeKey> MergeKeysOf(const duckdb::vector<duckdb::BoundOrderByNode>& orders,
                                  const duckdb::vector<duckdb::ColumnBinding>& bindings) {
  std::vector<MergeKey> keys;
  for (const auto& order : orders) {
    keys.push_back({PositionOf(*order.expression, bindings), {order.type, order.null_order}});
  }
  return keys;
}

}  // namespace

Distribution ExchangePlacer::PlaceOrder(OperatorPtr& op) {
  const auto below = Place(op->children[0]);
  if (!below.is_distributed()) return below.is_pinned ? Distribution::Pinned() : Distribution::Single();
  auto& order = op->Cast<duckdb::LogicalOrder>();
  std::vector<const duckdb::Expression*> expressions;
  for (const auto& node : order.orders) expressions.push_back(node.expression.get());
  if (AnyVolatile(expressions)) {
    Gather(op->children[0]);
    single_reasons_[op.get()] = "a volatile key";
    return Distribution::Single();
  }
  op->ResolveOperatorTypes();
  auto restore = duckdb::make_uniq<LogicalRestore>();
  restore->bindings = op->GetColumnBindings();
  restore->output_types = op->types;
  restore->SetEstimatedCardinality(op->estimated_cardinality);
  for (idx_t i = 0; i < op->types.size(); i++) {
    restore->expressions.push_back(ColumnRef(op->types[i], restore->bindings[i]));
  }

  // DuckDB estimates no rows for a sort.
  if (!op->has_estimated_cardinality) op->SetEstimatedCardinality(op->children[0]->estimated_cardinality);
  order.projection_map.clear();
  op->children[0] = WithKeyColumns(std::move(op->children[0]), order.orders, new_table_index_());
  op->ResolveOperatorTypes();
  const bool is_ranged = WantsRanges(*op);
  const auto placed = is_ranged ? PlaceRangeOrder(op, below) : PlaceMergedOrder(op);
  const bool is_narrower = op->GetColumnBindings() != restore->bindings;
  if (!is_narrower) return placed;
  restore->children.push_back(std::move(op));
  op = std::move(restore);
  return placed;
}

Distribution ExchangePlacer::PlaceMergedOrder(OperatorPtr& op) {
  auto keys = MergeKeysOf(op->Cast<duckdb::LogicalOrder>().orders, op->GetColumnBindings());
  auto exchange = duckdb::make_uniq<LogicalExchange>(ExchangeKind::kGather, std::move(op));
  exchange->is_ordered = true;
  exchange->merge_keys = std::move(keys);
  op = std::move(exchange);
  return Distribution::Single();
}

}  // namespace skein::core
