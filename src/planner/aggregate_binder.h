// Makes bound aggregates by their names, as DuckDB's own binder would of a user's text. Value; the context must outlive
// it. One thread. Throws DuckDB's exceptions.
#pragma once

#include <string>

#include "duckdb.hpp"
#include "duckdb/planner/expression/bound_aggregate_expression.hpp"

namespace skein::core {

class AggregateBinder {
 public:
  using ExpressionPtr = duckdb::unique_ptr<duckdb::Expression>;

  explicit AggregateBinder(duckdb::ClientContext& context) : context_(context) {}

  /// Binds a function of one argument, over all rows.
  ExpressionPtr Bind(const std::string& name, ExpressionPtr argument) const;
  /// Binds a function with FILTER and DISTINCT of another aggregate.
  ExpressionPtr Bind(const std::string& name, duckdb::vector<ExpressionPtr> arguments,
                     const duckdb::BoundAggregateExpression& rows) const;
  /// Binds a function; `filter` may be null.
  ExpressionPtr Bind(const std::string& name, duckdb::vector<ExpressionPtr> arguments, ExpressionPtr filter,
                     duckdb::AggregateType type) const;
  /// Binds another function over the same rows: arguments, FILTER and DISTINCT of `aggregate`.
  ExpressionPtr Rebind(const std::string& name, const duckdb::BoundAggregateExpression& aggregate) const;

 private:
  duckdb::ClientContext& context_;
};

}  // namespace skein::core
