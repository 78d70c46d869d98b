#include "planner/eligibility.h"

#include <algorithm>
#include <set>

#include "duckdb/catalog/catalog.hpp"
#include "duckdb/catalog/catalog_entry.hpp"
#include "duckdb/function/lambda_functions.hpp"
#include "duckdb/planner/expression/bound_aggregate_expression.hpp"
#include "duckdb/planner/expression/bound_function_expression.hpp"
#include "duckdb/planner/expression/bound_window_expression.hpp"
#include "duckdb/planner/expression_iterator.hpp"
#include "duckdb/planner/filter/conjunction_filter.hpp"
#include "duckdb/planner/filter/expression_filter.hpp"
#include "duckdb/planner/filter/optional_filter.hpp"
#include "duckdb/planner/filter/struct_filter.hpp"
#include "duckdb/planner/logical_operator_visitor.hpp"
#include "duckdb/planner/operator/logical_cteref.hpp"
#include "duckdb/planner/operator/logical_get.hpp"
#include "duckdb/planner/operator/logical_join.hpp"
#include "duckdb/planner/operator/logical_materialized_cte.hpp"
#include "duckdb/planner/operator/logical_recursive_cte.hpp"
#include "engine/parquet_splits.h"
#include "engine/plan_bytes.h"
#include "engine/task_functions.h"
#include "planner/operator_table.h"
#include "planner/order_dependent.h"
#include "planner/task_scan.h"

namespace skein::core {
namespace {

using duckdb::LogicalOperatorType;

// Tables, data frames and files; not the functions that show settings, catalogs or Skein itself.
bool IsScanOfData(const duckdb::LogicalGet& get) {
  constexpr const char* kScans[] = {"seq_scan",     "arrow_scan",     "arrow_scan_dumb", "pandas_scan",
                                    "read_parquet", "parquet_scan",   "read_csv",        "read_csv_auto",
                                    "read_json",    "read_json_auto", "read_ndjson",     "read_ndjson_auto"};
  for (const auto* name : kScans) {
    if (get.function.name == name) return true;
  }
  return false;
}

// Functions whose answer is that of the client's connection or transaction.
bool ReadsClient(const duckdb::BoundFunctionExpression& call) {
  // now(), current_schema() and the like, where DuckDB has not made constants of them: not in a lambda.
  if (call.function.GetStability() == duckdb::FunctionStability::CONSISTENT_WITHIN_QUERY) return true;
  const auto& name = call.function.name;
  constexpr const char* kNames[] = {"nextval",
                                    "currval",
                                    "current_query",
                                    "getvariable",
                                    "current_setting",
                                    "write_log",
                                    "current_connection_id",
                                    "current_query_id",
                                    "stats"};
  for (const auto* known : kNames) {
    if (name == known) return true;
  }
  return name == "age" && call.children.size() == 1;  // since the transaction's start
}

class Examiner {
 public:
  Examiner(duckdb::ClientContext& context, const KnownFunctions& worker_functions)
      : context_(context), worker_functions_(worker_functions) {}

  Eligibility Run(duckdb::LogicalOperator& plan) {
    plan.ResolveOperatorTypes();
    Visit(plan);
    for (auto cte : used_ctes_) {
      if (!defined_ctes_.contains(cte)) Refuse("its CTE is defined outside");
    }
    if (delim_gets_ > 0 && delim_joins_ == 0) Refuse("it reads keys of a join outside");
    return result_;
  }

 private:
  void Visit(duckdb::LogicalOperator& op) {
    if (PlacementOf(op.type) != Placement::kCluster)
      Refuse(duckdb::LogicalOperatorToString(op.type) + " runs in the client");
    RefuseAll(WhyByOrder(op));
    const bool is_get = op.type == LogicalOperatorType::LOGICAL_GET;
    if (!is_get && !op.SupportSerialization()) Refuse(op.GetName() + " cannot be shipped");
    switch (op.type) {
      case LogicalOperatorType::LOGICAL_GET:
        VisitGet(op.Cast<duckdb::LogicalGet>());
        break;
      case LogicalOperatorType::LOGICAL_FILTER:
        if (const auto* scan = FindTaskScan(op)) {
          result_.has_split_scan = true;
          result_.scanned_rows += scan->has_estimated_cardinality ? scan->estimated_cardinality : 0;
        }
        break;
      case LogicalOperatorType::LOGICAL_CTE_REF:
        used_ctes_.insert(op.Cast<duckdb::LogicalCTERef>().cte_index);
        break;
      case LogicalOperatorType::LOGICAL_MATERIALIZED_CTE:
        defined_ctes_.insert(op.Cast<duckdb::LogicalMaterializedCTE>().table_index);
        break;
      case LogicalOperatorType::LOGICAL_RECURSIVE_CTE:
        defined_ctes_.insert(op.Cast<duckdb::LogicalRecursiveCTE>().table_index);
        // DuckDB runs the term again and again, and an exchange gives its rows once.
        if (HasScan(*op.children[1])) Refuse("a recursive term scans data");
        break;
      case LogicalOperatorType::LOGICAL_ASOF_JOIN:
        // Of one thread and without left rows, as a task may be, DuckDB 1.5.5 never ends it.
        if (duckdb::IsRightOuterJoin(op.Cast<duckdb::LogicalJoin>().join_type)) {
          Refuse("an ASOF join that gives unmatched right rows");
        }
        break;
      case LogicalOperatorType::LOGICAL_DELIM_GET:
        delim_gets_++;
        break;
      case LogicalOperatorType::LOGICAL_DELIM_JOIN:
        delim_joins_++;
        break;
      default:
        break;
    }
    duckdb::LogicalOperatorVisitor::EnumerateExpressions(op, [&](duckdb::unique_ptr<duckdb::Expression>* expression) {
      VisitExpression(**expression);
      CheckSerializable(**expression);
    });
    for (auto& child : op.children) Visit(*child);
  }

  void VisitGet(duckdb::LogicalGet& get) {
    if (!WhyNotSplittable(get).empty()) {
      if (!get.children.empty()) Refuse(get.function.name + " reads what other operators give it");
      result_.has_client_scan |= IsScanOfData(get);
      return;
    }
    result_.has_split_scan = true;
    for (const auto& [column, filter] : get.table_filters.filters) VisitFilter(*filter);
    result_.scanned_rows +=
        get.has_estimated_cardinality ? get.estimated_cardinality : get.EstimateCardinality(context_);
  }

  // What DuckDB has moved from a condition into the scan is none of the operator's expressions.
  void VisitFilter(const duckdb::TableFilter& filter) {
    using duckdb::TableFilterType;
    switch (filter.filter_type) {
      case TableFilterType::EXPRESSION_FILTER: {
        const auto& expression = *filter.Cast<duckdb::ExpressionFilter>().expr;
        VisitExpression(expression);
        CheckSerializable(expression);
        break;
      }
      case TableFilterType::CONJUNCTION_AND:
        for (const auto& child : filter.Cast<duckdb::ConjunctionAndFilter>().child_filters) VisitFilter(*child);
        break;
      case TableFilterType::CONJUNCTION_OR:
        for (const auto& child : filter.Cast<duckdb::ConjunctionOrFilter>().child_filters) VisitFilter(*child);
        break;
      case TableFilterType::OPTIONAL_FILTER:
        if (const auto& child = filter.Cast<duckdb::OptionalFilter>().child_filter) VisitFilter(*child);
        break;
      case TableFilterType::STRUCT_EXTRACT:
        VisitFilter(*filter.Cast<duckdb::StructFilter>().child_filter);
        break;
      default:
        break;
    }
  }

  // Workers have DuckDB's own functions, not those that somebody defined or loaded in the client's process.
  void VisitExpression(const duckdb::Expression& expression) {
    using duckdb::ExpressionClass;
    RefuseAll(WhyByOrder(expression));
    if (expression.GetExpressionClass() == ExpressionClass::BOUND_FUNCTION) {
      const auto& bound = expression.Cast<duckdb::BoundFunctionExpression>();
      if (ReadsClient(bound)) Refuse("function " + bound.function.name + " reads the client's own state");
      CheckBuiltIn(duckdb::CatalogType::SCALAR_FUNCTION_ENTRY, bound.function);
      // The body of a lambda is not among the children.
      if (bound.function.HasBindLambdaCallback() && bound.bind_info) {
        const auto& lambda = bound.bind_info->Cast<duckdb::ListLambdaBindData>();
        if (lambda.lambda_expr) VisitExpression(*lambda.lambda_expr);
      }
    } else if (expression.GetExpressionClass() == ExpressionClass::BOUND_AGGREGATE) {
      CheckBuiltIn(duckdb::CatalogType::AGGREGATE_FUNCTION_ENTRY,
                   expression.Cast<duckdb::BoundAggregateExpression>().function);
    } else if (expression.GetExpressionClass() == ExpressionClass::BOUND_WINDOW) {
      const auto& window = expression.Cast<duckdb::BoundWindowExpression>();
      if (window.aggregate) CheckBuiltIn(duckdb::CatalogType::AGGREGATE_FUNCTION_ENTRY, *window.aggregate);
    }
    duckdb::ExpressionIterator::EnumerateChildren(expression,
                                                  [&](const duckdb::Expression& child) { VisitExpression(child); });
  }

  void CheckBuiltIn(duckdb::CatalogType type, const duckdb::SimpleFunction& called) {
    const auto& name = called.name;
    auto entry = duckdb::Catalog::GetSystemCatalog(context_).GetEntry(context_, type, DEFAULT_SCHEMA, name,
                                                                      duckdb::OnEntryNotFound::RETURN_NULL);
    // Functions that DuckDB binds by itself need not be in the catalog; a user's or an extension's is.
    if (entry && entry->name != kTaskIndexFunction && entry->name != kTaskCountFunction &&
        !worker_functions_.Has(*entry, called))
      Refuse("function " + name + " is not one of DuckDB's own");
  }

  // Some expressions have no serialized form: better found here than when the query runs.
  void CheckSerializable(const duckdb::Expression& expression) {
    try {
      WriteBytes([&](duckdb::Serializer& serializer) { expression.Serialize(serializer); });
    } catch (std::exception& error) {
      Refuse("an expression cannot be shipped: " + duckdb::ErrorData(error).RawMessage());
    }
  }

  // Nothing where there is no reason.
  void RefuseAll(const std::string& reason) {
    if (reason.empty()) return;
    Refuse(reason);
    result_.keeps_all = true;
  }

  void Refuse(const std::string& reason) {
    if (result_.reason.empty()) result_.reason = reason;
  }

  duckdb::ClientContext& context_;
  const KnownFunctions& worker_functions_;
  Eligibility result_;
  std::set<duckdb::idx_t> used_ctes_, defined_ctes_;
  int delim_gets_ = 0, delim_joins_ = 0;
};

}  // namespace

bool HasScan(const duckdb::LogicalOperator& op) {
  if (op.type == LogicalOperatorType::LOGICAL_GET) return true;
  for (const auto& child : op.children) {
    if (HasScan(*child)) return true;
  }
  return false;
}

Eligibility Examine(duckdb::ClientContext& context, duckdb::LogicalOperator& plan,
                    const KnownFunctions& worker_functions) {
  return Examiner(context, worker_functions).Run(plan);
}

}  // namespace skein::core
