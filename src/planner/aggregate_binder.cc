#include "planner/aggregate_binder.h"

#include <utility>

#include "duckdb/catalog/catalog.hpp"
#include "duckdb/catalog/catalog_entry/aggregate_function_catalog_entry.hpp"
#include "duckdb/function/function_binder.hpp"

namespace skein::core {

using duckdb::AggregateType;

AggregateBinder::ExpressionPtr AggregateBinder::Bind(const std::string& name, ExpressionPtr argument) const {
  duckdb::vector<ExpressionPtr> arguments;
  arguments.push_back(std::move(argument));
  return Bind(name, std::move(arguments), nullptr, AggregateType::NON_DISTINCT);
}

AggregateBinder::ExpressionPtr AggregateBinder::Bind(const std::string& name, duckdb::vector<ExpressionPtr> arguments,
                                                     const duckdb::BoundAggregateExpression& rows) const {
  const auto type = arguments.empty() ? AggregateType::NON_DISTINCT : rows.aggr_type;
  return Bind(name, std::move(arguments), rows.filter ? rows.filter->Copy() : nullptr, type);
}

AggregateBinder::ExpressionPtr AggregateBinder::Bind(const std::string& name, duckdb::vector<ExpressionPtr> arguments,
                                                     ExpressionPtr filter, AggregateType type) const {
  auto& entry = duckdb::Catalog::GetSystemCatalog(context_).GetEntry<duckdb::AggregateFunctionCatalogEntry>(
      context_, DEFAULT_SCHEMA, name);
  duckdb::FunctionBinder binder(context_);
  duckdb::ErrorData error;
  const auto best = binder.BindFunction(name, entry.functions, arguments, error);
  if (!best.IsValid()) error.Throw();
  return binder.BindAggregateFunction(entry.functions.GetFunctionByOffset(best.GetIndex()), std::move(arguments),
                                      std::move(filter), type);
}

AggregateBinder::ExpressionPtr AggregateBinder::Rebind(const std::string& name,
                                                       const duckdb::BoundAggregateExpression& aggregate) const {
  duckdb::vector<ExpressionPtr> arguments;
  for (const auto& child : aggregate.children) arguments.push_back(child->Copy());
  return Bind(name, std::move(arguments), aggregate);
}

}  // namespace skein::core
