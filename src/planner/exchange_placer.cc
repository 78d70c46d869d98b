#include "planner/exchange_placer.h"

#include <algorithm>

#include "duckdb/planner/expression/bound_columnref_expression.hpp"
#include "duckdb/planner/expression/bound_window_expression.hpp"
#include "duckdb/planner/expression_binder.hpp"
#include "duckdb/planner/logical_operator_visitor.hpp"
#include "duckdb/planner/operator/logical_distinct.hpp"
#include "duckdb/planner/operator/logical_get.hpp"
#include "duckdb/planner/operator/logical_sample.hpp"
#include "duckdb/planner/operator/logical_set_operation.hpp"
#include "engine/types_as_run.h"
#include "planner/operator_table.h"
#include "planner/task_scan.h"

namespace skein::core {

using duckdb::LogicalOperatorType;

namespace {

// Over the same rows, another answer in each task that runs it: each draws a random() of its own, and of equals each
// chooses by the order in which its threads come to them.
bool MayDifferByTask(duckdb::LogicalOperator& op) {
  switch (op.type) {
    case LogicalOperatorType::LOGICAL_AGGREGATE_AND_GROUP_BY:
    case LogicalOperatorType::LOGICAL_DISTINCT:
    case LogicalOperatorType::LOGICAL_WINDOW:
    case LogicalOperatorType::LOGICAL_LIMIT:
    case LogicalOperatorType::LOGICAL_TOP_N:
      return true;
    default:
      break;
  }
  bool is_volatile = false;
  duckdb::LogicalOperatorVisitor::EnumerateExpressions(
      op, [&](ExpressionPtr* expression) { is_volatile |= (*expression)->IsVolatile(); });
  return is_volatile;
}

}  // namespace

void ExchangePlacer::PlaceRoot(OperatorPtr& root) {
  const auto* op = root.get();
  while (op->type == LogicalOperatorType::LOGICAL_PROJECTION) op = op->children[0].get();
  if (op->type == LogicalOperatorType::LOGICAL_ORDER_BY) root_order_ = op;
  Place(root);
}

Distribution ExchangePlacer::Place(OperatorPtr& op) {
  if (const auto* scan = FindTaskScan(*op)) {
    task_scans_.insert(scan);
    return options_.task_count == 1 ? Distribution::Single() : Distribution::Arbitrary();
  }
  if (ReadsTaskContext(*op)) return PlaceSingle(op, "it asks for its task over rows that are distributed already");
  auto placed = PlaceByRule(op);
  const bool is_copied = placed.kind == DistributionKind::kReplicated;
  return is_copied && MayDifferByTask(*op) ? Distribution::Single() : placed;
}

// Whatever has no rule runs in a single task: right, and slower.
Distribution ExchangePlacer::PlaceByRule(OperatorPtr& op) {
  const auto* rule = FindOperatorRule(op->type);
  if (rule != nullptr && rule->place != nullptr) return (this->*rule->place)(op);
  return PlaceSingle(op, duckdb::LogicalOperatorToString(op->type) + " has no distributed rule");
}

Distribution ExchangePlacer::PlaceConstant(OperatorPtr&) { return Distribution::Replicated(); }

// VALUES gives its lines for each row below: one without a column, the row of a subquery, or those of a correlation.
Distribution ExchangePlacer::PlaceValues(OperatorPtr& op) {
  auto below = PlaceStreaming(op);
  return below.kind == DistributionKind::kHash ? Distribution::Arbitrary() : below;
}

Distribution ExchangePlacer::PlacePinned(OperatorPtr&) { return Distribution::Pinned(); }

Distribution ExchangePlacer::PlaceScan(OperatorPtr& op) {
  // With one task a stage there is nothing to exchange: the whole plan is one fragment.
  const bool is_alone = options_.task_count == 1;
  const auto reason = WhyNotSplittable(op->Cast<duckdb::LogicalGet>());
  if (reason.empty()) {
    return is_alone ? Distribution::Single() : Distribution::Arbitrary();
  }
  const auto kind = is_alone ? ExchangeKind::kGather : ExchangeKind::kRoundRobin;
  auto scattered = duckdb::make_uniq<LogicalExchange>(kind, std::move(op));
  scattered->is_from_client = true;
  scattered->client_reason = reason;
  op = std::move(scattered);
  return is_alone ? Distribution::Single() : Distribution::Arbitrary();
}

Distribution ExchangePlacer::PlaceStreaming(OperatorPtr& op) { return Place(op->children[0]); }

Distribution ExchangePlacer::PlaceProjection(OperatorPtr& op) {
  auto below = Place(op->children[0]);
  return ThroughColumns(below, op->expressions, op->GetColumnBindings());
}

// Each row is in a percentage by its own luck. Anything else depends on all rows, or on their order.
Distribution ExchangePlacer::PlaceSample(OperatorPtr& op) {
  const auto& options = *op->Cast<duckdb::LogicalSample>().sample_options;
  const bool is_by_row = options.is_percentage && options.method != duckdb::SampleMethod::RESERVOIR_SAMPLE;
  if (!is_by_row || options.repeatable || options.seed.IsValid()) return PlaceSingle(op, "a sample of all rows");
  const auto below = Place(op->children[0]);
  // Each copy would draw other rows.
  return below.kind == DistributionKind::kReplicated ? Distribution::Single() : below;
}

Distribution ExchangePlacer::PlaceDistinct(OperatorPtr& op) {
  auto below = Place(op->children[0]);
  if (!below.is_distributed()) return below;
  auto& distinct = op->Cast<duckdb::LogicalDistinct>();
  std::vector<const duckdb::Expression*> targets;
  for (const auto& target : distinct.distinct_targets) targets.push_back(target.get());
  if (targets.empty() || AnyVolatile(targets)) {
    Gather(op->children[0]);
    single_reasons_[op.get()] = targets.empty() ? "DISTINCT of no column" : "a volatile key";
    return Distribution::Single();
  }
  if (below.kind == DistributionKind::kHash && !MatchKeys(below, targets).empty()) return below;
  return Repartition(op->children[0], targets);
}

Distribution ExchangePlacer::PlaceSetOperation(OperatorPtr& op) {
  auto& set = op->Cast<duckdb::LogicalSetOperation>();
  std::vector<Distribution> below;
  bool any_distributed = false, all_distributed = true, any_pinned = false;
  for (auto& child : op->children) {
    below.push_back(Place(child));
    any_distributed |= below.back().is_distributed();
    all_distributed &= below.back().is_distributed();
    any_pinned |= below.back().is_pinned;
  }
  const bool is_union = op->type == LogicalOperatorType::LOGICAL_UNION;
  const bool is_concatenation = is_union && set.setop_all;
  // EXCEPT and INTERSECT compare as the collations of the left side say, and UNION the rows as they are.
  op->ResolveOperatorTypes();
  const auto compared = TypesAsRun(*op->children[0]);
  if (any_distributed && is_concatenation && all_distributed) return Distribution::Arbitrary();
  if (!any_distributed || any_pinned || set.column_count == 0) {
    for (size_t i = 0; i < below.size(); i++) {
      if (below[i].is_distributed()) Gather(op->children[i]);
    }
    if (any_distributed) single_reasons_[op.get()] = "an input cannot leave its task";
    return any_pinned ? Distribution::Pinned() : Distribution::Single();
  }
  bool is_by_columns = true;
  for (size_t child_index = 0; child_index < below.size(); child_index++) {
    // Rows of a concatenation may be anywhere, but for those of one task: each of the others would have them, too.
    if (is_concatenation && below[child_index].is_distributed()) continue;
    auto& child = op->children[child_index];
    child->ResolveOperatorTypes();
    const auto bindings = child->GetColumnBindings();
    std::vector<ExpressionPtr> columns;
    std::vector<const duckdb::Expression*> keys;
    for (duckdb::idx_t i = 0; i < bindings.size(); i++) {
      columns.push_back(duckdb::make_uniq<duckdb::BoundColumnRefExpression>(child->types[i], bindings[i]));
      if (!is_union) duckdb::ExpressionBinder::PushCollation(context_, columns.back(), compared[i]);
      is_by_columns &= ColumnOf(*columns.back()) != nullptr;
      keys.push_back(columns.back().get());
    }
    Repartition(child, keys);
  }
  if (is_concatenation || !is_by_columns) return Distribution::Arbitrary();
  op->ResolveOperatorTypes();
  std::vector<HashKey> keys;
  for (duckdb::idx_t i = 0; i < op->types.size(); i++) keys.push_back({op->types[i], {{set.table_index, i}}});
  return Distribution::Hash(std::move(keys));
}

Distribution ExchangePlacer::PlaceWindow(OperatorPtr& op) {
  auto below = Place(op->children[0]);
  if (!below.is_distributed()) return below;
  const auto& first = op->expressions[0]->Cast<duckdb::BoundWindowExpression>();
  bool share_partitions = !first.partitions.empty();
  for (const auto& expression : op->expressions) {
    const auto& window = expression->Cast<duckdb::BoundWindowExpression>();
    share_partitions &= duckdb::Expression::ListEquals(first.partitions, window.partitions);
  }
  std::vector<const duckdb::Expression*> keys;
  for (const auto& partition : first.partitions) keys.push_back(partition.get());
  if (!share_partitions || AnyVolatile(keys)) {
    Gather(op->children[0]);
    single_reasons_[op.get()] = share_partitions ? "a volatile key" : "the windows have no partition key in common";
    return Distribution::Single();
  }
  if (below.kind == DistributionKind::kHash && !MatchKeys(below, keys).empty()) return below;
  return Repartition(op->children[0], keys);
}

Distribution ExchangePlacer::PlaceSingle(OperatorPtr& op, const std::string& reason) {
  bool any_distributed = false, any_pinned = false;
  for (auto& child : op->children) {
    const auto below = Place(child);
    any_pinned |= below.is_pinned;
    if (!below.is_distributed()) continue;
    any_distributed = true;
    Gather(child);
  }
  if (any_distributed) single_reasons_[op.get()] = reason;
  return any_pinned ? Distribution::Pinned() : Distribution::Single();
}

void ExchangePlacer::Exchange(OperatorPtr& child, ExchangeKind kind) {
  auto* ours = AsSkein(*child);
  if (ours != nullptr && ours->kind() == OperatorKind::kExchange) {
    auto& exchange = static_cast<LogicalExchange&>(*ours);
    const bool is_for_all = kind == ExchangeKind::kGather || kind == ExchangeKind::kBroadcast;
    if ((exchange.is_from_client && exchange.exchange_kind == ExchangeKind::kRoundRobin) ||
        (exchange.reads_cte && is_for_all)) {
      exchange.exchange_kind = kind;
      return;
    }
  }
  child = duckdb::make_uniq<LogicalExchange>(kind, std::move(child));
}

void ExchangePlacer::Gather(OperatorPtr& child) { Exchange(child, ExchangeKind::kGather); }

void ExchangePlacer::Broadcast(OperatorPtr& child) { Exchange(child, ExchangeKind::kBroadcast); }

Distribution ExchangePlacer::Repartition(OperatorPtr& child, std::vector<const duckdb::Expression*> keys) {
  Exchange(child, ExchangeKind::kHash);
  std::vector<HashKey> hash_keys;
  bool all_columns = true;
  for (const auto* key : keys) {
    child->expressions.push_back(key->Copy());
    const auto* binding = ColumnOf(*key);
    all_columns &= binding != nullptr;
    if (binding != nullptr) hash_keys.push_back({key->return_type, {*binding}});
  }
  return all_columns ? Distribution::Hash(std::move(hash_keys)) : Distribution::Arbitrary();
}

}  // namespace skein::core
