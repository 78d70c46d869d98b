#include "planner/eligibility.h"

#include <algorithm>
#include <set>

#include "duckdb/catalog/catalog.hpp"
#include "duckdb/catalog/catalog_entry.hpp"
#include "duckdb/common/type_visitor.hpp"
#include "duckdb/planner/expression/bound_aggregate_expression.hpp"
#include "duckdb/planner/expression/bound_function_expression.hpp"
#include "duckdb/planner/expression/bound_window_expression.hpp"
#include "duckdb/planner/expression_iterator.hpp"
#include "duckdb/planner/logical_operator_visitor.hpp"
#include "duckdb/planner/operator/logical_comparison_join.hpp"
#include "duckdb/planner/operator/logical_cteref.hpp"
#include "duckdb/planner/operator/logical_get.hpp"
#include "duckdb/planner/operator/logical_join.hpp"
#include "duckdb/planner/operator/logical_materialized_cte.hpp"
#include "duckdb/planner/operator/logical_recursive_cte.hpp"
#include "engine/parquet_splits.h"
#include "engine/plan_bytes.h"
#include "engine/task_functions.h"
#include "planner/operator_table.h"
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
bool ReadsClient(const std::string& name, size_t argument_count) {
  constexpr const char* kNames[] = {"nextval",     "currval",         "current_query",         "txid_current",
                                    "getvariable", "current_setting", "current_connection_id", "current_query_id",
                                    "write_log",   "in_search_path"};
  for (const auto* known : kNames) {
    if (name == known) return true;
  }
  return name == "age" && argument_count == 1;  // since the transaction's start
}

// `l <> ANY (SELECT …)` where l is a list, or has one in it. Once DuckDB 1.5.5 meets a NULL on the left it compares no
// list that comes after it: the answer depends on the order of the rows, which only the client's own plan has.
bool ComparesListsInOrder(const duckdb::LogicalComparisonJoin& join) {
  duckdb::idx_t ranges = 0;
  if (join.join_type != duckdb::JoinType::MARK || join.HasEquality(ranges)) return false;
  return std::any_of(join.conditions.begin(), join.conditions.end(), [](const duckdb::JoinCondition& condition) {
    return duckdb::TypeVisitor::Contains(condition.left->return_type, [](const duckdb::LogicalType& type) {
      return type.InternalType() == duckdb::PhysicalType::LIST;
    });
  });
}

class Examiner {
 public:
  Examiner(duckdb::ClientContext& context, const std::set<std::string>& worker_functions)
      : context_(context), worker_functions_(worker_functions) {}

  Eligibility Run(duckdb::LogicalOperator& plan) {
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
      case LogicalOperatorType::LOGICAL_COMPARISON_JOIN:
        if (ComparesListsInOrder(op.Cast<duckdb::LogicalComparisonJoin>())) {
          Refuse("ANY or ALL compares lists, where the answer depends on the order of the rows");
          result_.keeps_all = true;
        }
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
    result_.scanned_rows +=
        get.has_estimated_cardinality ? get.estimated_cardinality : get.EstimateCardinality(context_);
  }

  // Workers have DuckDB's own functions, not those that somebody defined or loaded in the client's process.
  void VisitExpression(const duckdb::Expression& expression) {
    using duckdb::ExpressionClass;
    if (expression.GetExpressionClass() == ExpressionClass::BOUND_FUNCTION) {
      const auto& bound = expression.Cast<duckdb::BoundFunctionExpression>();
      const auto& name = bound.function.name;
      if (ReadsClient(name, bound.children.size())) Refuse("function " + name + " reads the client's own state");
      CheckBuiltIn(duckdb::CatalogType::SCALAR_FUNCTION_ENTRY, name);
    } else if (expression.GetExpressionClass() == ExpressionClass::BOUND_AGGREGATE) {
      CheckBuiltIn(duckdb::CatalogType::AGGREGATE_FUNCTION_ENTRY,
                   expression.Cast<duckdb::BoundAggregateExpression>().function.name);
    } else if (expression.GetExpressionClass() == ExpressionClass::BOUND_WINDOW) {
      const auto& window = expression.Cast<duckdb::BoundWindowExpression>();
      if (window.aggregate) CheckBuiltIn(duckdb::CatalogType::AGGREGATE_FUNCTION_ENTRY, window.aggregate->name);
    }
    duckdb::ExpressionIterator::EnumerateChildren(expression,
                                                  [&](const duckdb::Expression& child) { VisitExpression(child); });
  }

  void CheckBuiltIn(duckdb::CatalogType type, const std::string& name) {
    auto entry = duckdb::Catalog::GetSystemCatalog(context_).GetEntry(context_, type, DEFAULT_SCHEMA, name,
                                                                      duckdb::OnEntryNotFound::RETURN_NULL);
    // Functions that DuckDB binds by itself need not be in the catalog; a user's or an extension's is.
    if (entry && entry->name != kTaskIndexFunction && entry->name != kTaskCountFunction &&
        !worker_functions_.contains(entry->name))
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

  void Refuse(const std::string& reason) {
    if (result_.reason.empty()) result_.reason = reason;
  }

  duckdb::ClientContext& context_;
  const std::set<std::string>& worker_functions_;
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
                    const std::set<std::string>& worker_functions) {
  return Examiner(context, worker_functions).Run(plan);
}

}  // namespace skein::core
