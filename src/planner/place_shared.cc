// Rules for what several operators read: a materialized CTE becomes a stage whose rows are stored once and read by each
// reference in its own way; a join with duplicate elimination (a correlated subquery) becomes a join over such a CTE:
//
//   DELIM_JOIN                       CTE c
//     left                             left, by the hash of its keys
//     ... DELIM_GET            ->      COMPARISON_JOIN
//                                        c
//                                        ... DISTINCT keys of c
#include <algorithm>
#include <utility>

#include "duckdb/planner/expression/bound_columnref_expression.hpp"
#include "duckdb/planner/operator/logical_aggregate.hpp"
#include "duckdb/planner/operator/logical_comparison_join.hpp"
#include "duckdb/planner/operator/logical_cteref.hpp"
#include "duckdb/planner/operator/logical_delim_get.hpp"
#include "duckdb/planner/operator/logical_materialized_cte.hpp"
#include "planner/exchange_placer.h"

namespace skein::core {
namespace {

using duckdb::idx_t;
using duckdb::LogicalOperatorType;

ExpressionPtr Column(const duckdb::LogicalType& type, idx_t table, idx_t column) {
  return duckdb::make_uniq<duckdb::BoundColumnRefExpression>(type, duckdb::ColumnBinding(table, column));
}

// Every reference reads all columns of the CTE as they are.
bool AllReferencesFit(duckdb::LogicalOperator& op, idx_t cte, const duckdb::vector<duckdb::LogicalType>& types) {
  if (op.type == LogicalOperatorType::LOGICAL_CTE_REF) {
    const auto& reference = op.Cast<duckdb::LogicalCTERef>();
    return reference.cte_index != cte || reference.chunk_types == types;
  }
  return std::all_of(op.children.begin(), op.children.end(),
                     [&](OperatorPtr& child) { return AllReferencesFit(*child, cte, types); });
}

bool HasReference(duckdb::LogicalOperator& op, idx_t cte) {
  if (op.type == LogicalOperatorType::LOGICAL_CTE_REF) return op.Cast<duckdb::LogicalCTERef>().cte_index == cte;
  return std::any_of(op.children.begin(), op.children.end(),
                     [&](OperatorPtr& child) { return HasReference(*child, cte); });
}

// A recursive term reads the CTE: once a round.
bool IsReadInRecursiveTerm(duckdb::LogicalOperator& op, idx_t cte) {
  if (op.type == LogicalOperatorType::LOGICAL_RECURSIVE_CTE && HasReference(*op.children[1], cte)) return true;
  return std::any_of(op.children.begin(), op.children.end(),
                     [&](OperatorPtr& child) { return IsReadInRecursiveTerm(*child, cte); });
}

// The scans that a DELIM_JOIN gives its keys to; those below another one's right side are that one's.
struct DelimGets {
  std::vector<OperatorPtr*> all;
  bool is_any_in_recursive_term = false;

  void Collect(OperatorPtr& op, bool is_in_recursive_term) {
    if (op->type == LogicalOperatorType::LOGICAL_DELIM_GET) {
      all.push_back(&op);
      is_any_in_recursive_term |= is_in_recursive_term;
      return;
    }
    if (op->type == LogicalOperatorType::LOGICAL_DELIM_JOIN) {
      const bool is_flipped = op->Cast<duckdb::LogicalComparisonJoin>().delim_flipped;
      Collect(op->children[is_flipped ? 1 : 0], is_in_recursive_term);
      return;
    }
    const bool is_recursive = op->type == LogicalOperatorType::LOGICAL_RECURSIVE_CTE;
    for (idx_t i = 0; i < op->children.size(); i++) {
      Collect(op->children[i], is_in_recursive_term || (is_recursive && i == 1));
    }
  }
};

// The positions of `expressions`, plain columns, among `bindings`; empty where one is not there.
std::vector<idx_t> PositionsOf(const duckdb::vector<ExpressionPtr>& expressions,
                               const duckdb::vector<duckdb::ColumnBinding>& bindings) {
  std::vector<idx_t> positions;
  for (const auto& expression : expressions) {
    const auto* binding = ColumnOf(*expression);
    if (binding == nullptr) return {};
    const auto found = std::find(bindings.begin(), bindings.end(), *binding);
    if (found == bindings.end()) return {};
    positions.push_back(static_cast<idx_t>(found - bindings.begin()));
  }
  return positions;
}

bool HaveTypesOf(const std::vector<OperatorPtr*>& gets, const duckdb::vector<ExpressionPtr>& keys) {
  return std::all_of(gets.begin(), gets.end(), [&](OperatorPtr* get) {
    const auto& types = (*get)->Cast<duckdb::LogicalDelimGet>().chunk_types;
    return std::equal(
        types.begin(), types.end(), keys.begin(), keys.end(),
        [](const duckdb::LogicalType& type, const ExpressionPtr& key) { return type == key->return_type; });
  });
}

// One more reference to a CTE, with the estimate of its rows.
OperatorPtr MakeReference(idx_t table, idx_t cte, const duckdb::LogicalOperator& definition) {
  duckdb::vector<std::string> names(definition.types.size());
  auto reference = duckdb::make_uniq<duckdb::LogicalCTERef>(table, cte, definition.types, std::move(names));
  reference->SetEstimatedCardinality(definition.estimated_cardinality);
  return reference;
}

}  // namespace

void ExchangePlacer::Share(OperatorPtr& definition, idx_t cte, const Distribution& below) {
  definition->ResolveOperatorTypes();
  const auto bindings = definition->GetColumnBindings();
  SharedRows shared;
  shared.is_distributed = below.is_distributed();
  for (const auto& key : below.keys) {
    std::vector<idx_t> positions;
    for (idx_t i = 0; i < bindings.size(); i++) {
      if (key.Has(bindings[i])) positions.push_back(i);
    }
    // A key that is not among the columns cannot be named by the readers.
    if (positions.empty()) {
      shared.keys.clear();
      break;
    }
    shared.keys.push_back({key.type, std::move(positions)});
  }
  shared_[cte] = std::move(shared);
  auto* ours = AsSkein(*definition);
  if (ours != nullptr && ours->kind() == OperatorKind::kExchange) {
    auto& exchange = static_cast<LogicalExchange&>(*ours);
    if (exchange.exchange_kind == ExchangeKind::kHash && !exchange.is_from_client && !exchange.reads_cte) {
      exchange.is_shared = true;
      return;
    }
  }
  const auto kind = below.is_distributed() ? ExchangeKind::kForward : ExchangeKind::kGather;
  auto stored = duckdb::make_uniq<LogicalExchange>(kind, std::move(definition));
  stored->is_shared = true;
  definition = std::move(stored);
}

Distribution ExchangePlacer::PlaceCte(OperatorPtr& op) {
  const auto cte = op->Cast<duckdb::LogicalMaterializedCTE>().table_index;
  op->children[0]->ResolveOperatorTypes();
  const bool is_shareable = AllReferencesFit(*op->children[1], cte, op->children[0]->types);
  if (options_.task_count == 1 || !is_shareable) return PlaceSingle(op, "a CTE in one task");
  if (is_in_recursive_term_ || IsReadInRecursiveTerm(*op->children[1], cte)) {
    return PlaceSingle(op, "a recursive term reads the CTE");
  }
  const auto below = Place(op->children[0]);
  if (below.is_pinned) {
    const auto above = Place(op->children[1]);
    if (above.is_distributed()) Gather(op->children[1]);
    return Distribution::Pinned();
  }
  Share(op->children[0], cte, below);
  return Place(op->children[1]);
}

Distribution ExchangePlacer::PlaceCteReference(OperatorPtr& op) {
  const auto& reference = op->Cast<duckdb::LogicalCTERef>();
  const auto found = shared_.find(reference.cte_index);
  if (found == shared_.end()) return Distribution::Pinned();
  const auto& shared = found->second;
  const auto table = reference.table_index;
  const auto kind = shared.is_distributed ? ExchangeKind::kForward : ExchangeKind::kGather;
  auto reader = duckdb::make_uniq<LogicalExchange>(kind, std::move(op));
  reader->reads_cte = found->first;
  op = std::move(reader);
  if (!shared.is_distributed) return Distribution::Single();
  if (shared.keys.empty()) return Distribution::Arbitrary();
  std::vector<HashKey> keys;
  for (const auto& shared_key : shared.keys) {
    HashKey key{shared_key.type, {}};
    for (auto position : shared_key.positions) key.bindings.emplace_back(table, position);
    keys.push_back(std::move(key));
  }
  return Distribution::Hash(std::move(keys));
}

Distribution ExchangePlacer::PlaceRecursiveCte(OperatorPtr& op) {
  if (Place(op->children[0]).is_distributed()) Gather(op->children[0]);
  const bool was_in_recursive_term = std::exchange(is_in_recursive_term_, true);
  Place(op->children[1]);
  is_in_recursive_term_ = was_in_recursive_term;
  return Distribution::Pinned();
}

Distribution ExchangePlacer::PlaceRestore(OperatorPtr& op) {
  const auto* ours = AsSkein(*op);
  if (ours == nullptr || ours->kind() != OperatorKind::kRestore) return PlaceSingle(op, "an operator of an extension");
  const auto below = Place(op->children[0]);
  return ThroughColumns(below, op->expressions, op->GetColumnBindings());
}

Distribution ExchangePlacer::PlaceDelimJoin(OperatorPtr& op) {
  auto& join = op->Cast<duckdb::LogicalComparisonJoin>();
  const idx_t left = join.delim_flipped ? 1 : 0;
  DelimGets gets;
  gets.Collect(op->children[1 - left], is_in_recursive_term_);
  const auto left_bindings = op->children[left]->GetColumnBindings();
  const auto positions = PositionsOf(join.duplicate_eliminated_columns, left_bindings);
  const bool is_recursive = is_in_recursive_term_ || gets.is_any_in_recursive_term;
  if (options_.task_count == 1 || positions.empty() || is_recursive ||
      !HaveTypesOf(gets.all, join.duplicate_eliminated_columns)) {
    return PlaceSingle(op, "the keys of a DELIM_JOIN cannot be shared");
  }
  auto below = Place(op->children[left]);
  if (below.is_pinned) {
    if (Place(op->children[1 - left]).is_distributed()) Gather(op->children[1 - left]);
    return Distribution::Pinned();
  }
  std::vector<const duckdb::Expression*> keys;
  for (const auto& key : join.duplicate_eliminated_columns) keys.push_back(key.get());
  const bool is_in_place = below.kind == DistributionKind::kHash && !MatchKeys(below, keys).empty();
  if (below.is_distributed() && !is_in_place) below = Repartition(op->children[left], keys);

  const auto cte = new_table_index_();
  Share(op->children[left], cte, below);
  auto definition = std::move(op->children[left]);
  definition->ResolveOperatorTypes();
  for (auto* get : gets.all) *get = DistinctKeys(**get, positions, cte, *definition);
  op->children[left] = RereadAs(left_bindings, cte, *definition);
  join.type = LogicalOperatorType::LOGICAL_COMPARISON_JOIN;
  join.duplicate_eliminated_columns.clear();
  join.delim_flipped = false;
  const auto columns = definition->types.size();
  op = duckdb::make_uniq<duckdb::LogicalMaterializedCTE>("keys of a correlated subquery", cte, columns,
                                                         std::move(definition), std::move(op),
                                                         duckdb::CTEMaterialize::CTE_MATERIALIZE_ALWAYS);
  op->SetEstimatedCardinality(op->children[1]->estimated_cardinality);
  return Place(op->children[1]);
}

OperatorPtr ExchangePlacer::RereadAs(const duckdb::vector<duckdb::ColumnBinding>& bindings, idx_t cte,
                                     const duckdb::LogicalOperator& definition) {
  const auto table = new_table_index_();
  auto restore = duckdb::make_uniq<LogicalRestore>();
  restore->bindings = bindings;
  restore->output_types = definition.types;
  for (idx_t i = 0; i < bindings.size(); i++) restore->expressions.push_back(Column(definition.types[i], table, i));
  restore->SetEstimatedCardinality(definition.estimated_cardinality);
  restore->children.push_back(MakeReference(table, cte, definition));
  restore->ResolveOperatorTypes();
  return restore;
}

OperatorPtr ExchangePlacer::DistinctKeys(const duckdb::LogicalOperator& delim_get, const std::vector<idx_t>& positions,
                                         idx_t cte, const duckdb::LogicalOperator& definition) {
  const auto table = new_table_index_();
  const auto group_index = delim_get.Cast<duckdb::LogicalDelimGet>().table_index;
  auto distinct =
      duckdb::make_uniq<duckdb::LogicalAggregate>(group_index, new_table_index_(), duckdb::vector<ExpressionPtr>());
  distinct->groupings_index = new_table_index_();
  duckdb::GroupingSet all_keys;
  for (idx_t i = 0; i < positions.size(); i++) {
    distinct->groups.push_back(Column(definition.types[positions[i]], table, positions[i]));
    distinct->group_stats.push_back(nullptr);
    all_keys.insert(i);
  }
  distinct->grouping_sets.push_back(std::move(all_keys));
  distinct->SetEstimatedCardinality(delim_get.estimated_cardinality);
  distinct->children.push_back(MakeReference(table, cte, definition));
  distinct->ResolveOperatorTypes();
  return distinct;
}

}  // namespace skein::core
