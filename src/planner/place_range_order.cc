// Rule for the sort of a whole result: cut by ranges of its keys, so that no single task sees all rows.
//
//   ORDER_BY               CTE c: the rows, stored where they are made
//     rows        ->         ORDER_BY                                    each task its range; the client reads them in
//     turn
//                              range exchange by skein_range_index
//                                CROSS_PRODUCT
//                                  c
//                                  quantiles of the sort keys of a sample of c, for all tasks
//
// The cuts are quantiles of a sample, as in Blelloch et al., "A comparison of sorting algorithms for the Connection
// Machine CM-2" (SPAA 1991). All rows with equal keys are in one range, so many equal keys make a large one.
#include <algorithm>

#include "duckdb/catalog/catalog.hpp"
#include "duckdb/catalog/catalog_entry/aggregate_function_catalog_entry.hpp"
#include "duckdb/function/function_binder.hpp"
#include "duckdb/planner/expression/bound_aggregate_expression.hpp"
#include "duckdb/planner/expression/bound_columnref_expression.hpp"
#include "duckdb/planner/expression/bound_constant_expression.hpp"
#include "duckdb/planner/operator/logical_aggregate.hpp"
#include "duckdb/planner/operator/logical_cross_product.hpp"
#include "duckdb/planner/operator/logical_cteref.hpp"
#include "duckdb/planner/operator/logical_materialized_cte.hpp"
#include "duckdb/planner/operator/logical_order.hpp"
#include "duckdb/planner/operator/logical_projection.hpp"
#include "duckdb/planner/operator/logical_sample.hpp"
#include "engine/range_function.h"
#include "planner/exchange_placer.h"
#include "planner/order_columns.h"

namespace skein::core {
namespace {

using duckdb::idx_t;
using Orders = duckdb::vector<duckdb::BoundOrderByNode>;

constexpr double kSampledRowsOfATask = 2000;

ExpressionPtr Constant(duckdb::Value value) {
  return duckdb::make_uniq<duckdb::BoundConstantExpression>(std::move(value));
}

ExpressionPtr BindScalar(duckdb::ClientContext& context, const char* name, duckdb::vector<ExpressionPtr> arguments) {
  duckdb::FunctionBinder binder(context);
  duckdb::ErrorData error;
  auto bound = binder.BindScalarFunction(DEFAULT_SCHEMA, name, std::move(arguments), error);
  if (!bound) error.Throw();
  return bound;
}

// DuckDB's sort key of a row: bytes in the order of the rows. `columns` are the keys' columns.
ExpressionPtr SortKey(duckdb::ClientContext& context, const Orders& orders,
                      const std::function<ExpressionPtr(const duckdb::Expression&)>& column) {
  duckdb::vector<ExpressionPtr> arguments;
  for (const auto& order : orders) {
    arguments.push_back(column(*order.expression));
    const bool is_ascending = order.type != duckdb::OrderType::DESCENDING;
    const bool is_nulls_first = order.null_order == duckdb::OrderByNullType::NULLS_FIRST;
    arguments.push_back(
        Constant(std::string(is_ascending ? "ASC" : "DESC") + (is_nulls_first ? " NULLS FIRST" : " NULLS LAST")));
  }
  return BindScalar(context, "create_sort_key", std::move(arguments));
}

// The keys that cut sorted rows into `parts` ranges of one size.
ExpressionPtr Quantiles(duckdb::ClientContext& context, ExpressionPtr key, uint32_t parts) {
  duckdb::vector<duckdb::Value> shares;
  for (uint32_t i = 1; i < parts; i++) shares.push_back(duckdb::Value::DOUBLE(static_cast<double>(i) / parts));
  duckdb::vector<ExpressionPtr> arguments;
  arguments.push_back(std::move(key));
  arguments.push_back(Constant(duckdb::Value::LIST(duckdb::LogicalType::DOUBLE, std::move(shares))));
  auto& entry = duckdb::Catalog::GetSystemCatalog(context).GetEntry<duckdb::AggregateFunctionCatalogEntry>(
      context, DEFAULT_SCHEMA, "quantile_disc");
  duckdb::FunctionBinder binder(context);
  duckdb::ErrorData error;
  const auto best = binder.BindFunction(entry.name, entry.functions, arguments, error);
  if (!best.IsValid()) error.Throw();
  return binder.BindAggregateFunction(entry.functions.GetFunctionByOffset(best.GetIndex()), std::move(arguments));
}

OperatorPtr SampleOf(OperatorPtr rows, double percentage) {
  auto options = duckdb::make_uniq<duckdb::SampleOptions>();
  options->method = duckdb::SampleMethod::BERNOULLI_SAMPLE;
  options->is_percentage = true;
  options->repeatable = false;
  options->sample_size = duckdb::Value::DOUBLE(percentage);
  return duckdb::make_uniq<duckdb::LogicalSample>(std::move(options), std::move(rows));
}

}  // namespace

bool ExchangePlacer::WantsRanges(const duckdb::LogicalOperator& order) const {
  if (&order != root_order_ || options_.sort_choice == SortChoice::kMerge) return false;
  if (options_.sort_choice == SortChoice::kRange) return true;
  return options_.task_count >= options_.range_sort_min_tasks &&
         order.children[0]->estimated_cardinality >= options_.range_sort_min_rows;
}

OperatorPtr ExchangePlacer::Reread(duckdb::idx_t table, duckdb::idx_t cte, const duckdb::LogicalOperator& definition) {
  duckdb::vector<std::string> names(definition.types.size());
  OperatorPtr reader = duckdb::make_uniq<duckdb::LogicalCTERef>(table, cte, definition.types, std::move(names));
  reader->SetEstimatedCardinality(definition.estimated_cardinality);
  PlaceCteReference(reader);
  return reader;
}

OperatorPtr ExchangePlacer::Splitters(const Orders& orders, idx_t cte, const duckdb::LogicalOperator& definition,
                                      const duckdb::vector<duckdb::ColumnBinding>& bindings) {
  const auto read = new_table_index_(), projected = new_table_index_(), grouped = new_table_index_();
  duckdb::vector<ExpressionPtr> key;
  key.push_back(SortKey(context_, orders, [&](const duckdb::Expression& expression) {
    const auto position = PositionOf(expression, bindings);
    return ColumnRef(definition.types[position], {read, position});
  }));
  const auto type = key[0]->return_type;
  const auto rows = std::max<double>(1, static_cast<double>(definition.estimated_cardinality));
  OperatorPtr keys = duckdb::make_uniq<duckdb::LogicalProjection>(projected, std::move(key));
  keys->children.push_back(Reread(read, cte, definition));
  const auto sampled = std::min(rows, kSampledRowsOfATask * options_.task_count);
  auto sample = SampleOf(std::move(keys), 100 * sampled / rows);
  sample->SetEstimatedCardinality(static_cast<idx_t>(sampled));
  Gather(sample);

  duckdb::vector<ExpressionPtr> quantiles;
  quantiles.push_back(Quantiles(context_, ColumnRef(type, {projected, 0}), options_.task_count));
  OperatorPtr splitters =
      duckdb::make_uniq<duckdb::LogicalAggregate>(new_table_index_(), grouped, std::move(quantiles));
  splitters->children.push_back(std::move(sample));
  splitters->SetEstimatedCardinality(1);
  splitters->ResolveOperatorTypes();
  single_reasons_[splitters.get()] = "the splitters of a sort";
  Broadcast(splitters);
  splitters->ResolveOperatorTypes();
  return splitters;
}

Distribution ExchangePlacer::PlaceRangeOrder(OperatorPtr& op, const Distribution& below) {
  auto& order = op->Cast<duckdb::LogicalOrder>();
  op->children[0]->ResolveOperatorTypes();
  auto definition = std::move(op->children[0]);
  const auto bindings = definition->GetColumnBindings();
  const auto cte = new_table_index_();
  Share(definition, cte, below);
  definition->ResolveOperatorTypes();
  auto splitters = Splitters(order.orders, cte, *definition, bindings);

  const auto read = new_table_index_(), index = new_table_index_();
  auto ranged = duckdb::make_uniq<LogicalRestore>();
  ranged->bindings = bindings;
  ranged->output_types = definition->types;
  for (idx_t i = 0; i < bindings.size(); i++) ranged->expressions.push_back(ColumnRef(definition->types[i], {read, i}));
  duckdb::vector<ExpressionPtr> arguments;
  arguments.push_back(ColumnRef(splitters->types[0], splitters->GetColumnBindings()[0]));
  arguments.push_back(SortKey(context_, order.orders, [&](const duckdb::Expression& expression) {
    const auto position = PositionOf(expression, bindings);
    return ColumnRef(definition->types[position], {read, position});
  }));
  ranged->expressions.push_back(BindScalar(context_, kRangeIndexFunction, std::move(arguments)));
  ranged->bindings.emplace_back(index, 0);
  ranged->output_types.push_back(duckdb::LogicalType::BIGINT);
  ranged->SetEstimatedCardinality(definition->estimated_cardinality);
  ranged->children.push_back(duckdb::LogicalCrossProduct::Create(Reread(read, cte, *definition), std::move(splitters)));
  ranged->children[0]->SetEstimatedCardinality(definition->estimated_cardinality);
  ranged->ResolveOperatorTypes();

  auto exchange = duckdb::make_uniq<LogicalExchange>(ExchangeKind::kRange, std::move(ranged));
  exchange->expressions.push_back(ColumnRef(duckdb::LogicalType::BIGINT, {index, 0}));
  exchange->expressions[0]->SetAlias("sort key");
  op->children[0] = std::move(exchange);
  const auto columns = definition->types.size();
  op = duckdb::make_uniq<duckdb::LogicalMaterializedCTE>("rows to sort", cte, columns, std::move(definition),
                                                         std::move(op), duckdb::CTEMaterialize::CTE_MATERIALIZE_ALWAYS);
  op->SetEstimatedCardinality(op->children[1]->estimated_cardinality);
  return Distribution::Arbitrary();
}

}  // namespace skein::core
