// The first pass of the planner: walks an optimized plan bottom-up, derives how each operator's rows are distributed,
// and puts a LogicalExchange where a parent requires another distribution. The plan that it leaves still runs on one
// node, with the same answer: exchanges pass rows through there. An operator without a rule requires a single task. One
// use, one thread; throws DuckDB's exceptions.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "duckdb.hpp"
#include "duckdb/planner/logical_operator.hpp"
#include "duckdb/planner/operator/logical_aggregate.hpp"
#include "engine/logical_operators.h"
#include "engine/parquet_splits.h"
#include "planner/aggregate_merge.h"
#include "planner/distribution.h"
#include "planner/planner_options.h"

namespace skein::core {

using OperatorPtr = duckdb::unique_ptr<duckdb::LogicalOperator>;
using ExpressionPtr = duckdb::unique_ptr<duckdb::Expression>;

struct OperatorRule;

class ExchangePlacer {
 public:
  /// `new_table_index` gives a table index that the query does not use yet.
  ExchangePlacer(duckdb::ClientContext& context, PlannerOptions options, std::function<duckdb::idx_t()> new_table_index)
      : context_(context), options_(options), new_table_index_(std::move(new_table_index)) {}

  /// Rewrites a whole plan.
  void PlaceRoot(OperatorPtr& root);
  /// Rewrites the tree below and including `op`; returns how its rows are distributed.
  Distribution Place(OperatorPtr& op);
  /// Why operators over distributed input run in a single task, in the order met.
  const std::map<const duckdb::LogicalOperator*, std::string>& single_reasons() const { return single_reasons_; }
  /// The scans that each task runs whole, of which a filter keeps the task's part.
  const std::set<const duckdb::LogicalOperator*>& task_scans() const { return task_scans_; }

 private:
  /// The table of rules (operator_table.h) names them.
  friend const std::vector<OperatorRule>& OperatorRules();
  Distribution PlaceByRule(OperatorPtr& op);
  // One rule each; children of `op` are placed by the rule.
  Distribution PlaceScan(OperatorPtr& op);
  Distribution PlaceConstant(OperatorPtr& op);
  Distribution PlaceValues(OperatorPtr& op);
  Distribution PlacePinned(OperatorPtr& op);
  Distribution PlaceSample(OperatorPtr& op);
  Distribution PlaceStreaming(OperatorPtr& op);
  Distribution PlaceProjection(OperatorPtr& op);
  Distribution PlaceAggregate(OperatorPtr& op);
  /// Rules for grouping sets over a placed child: in halves, or an aggregate for each set over stored rows.
  Distribution PlaceGroupingSets(OperatorPtr& op, const Distribution& below);
  Distribution PlaceSetBySet(OperatorPtr& op, Distribution below);
  /// Says whether the DISTINCT aggregates of grouping sets have halves.
  bool WantsValues(const duckdb::LogicalAggregate& aggregate) const;
  /// The rows of `partial`, which groups by values, too, and the one that its set of no columns would have without.
  OperatorPtr WithRowOfNoRows(duckdb::unique_ptr<duckdb::LogicalAggregate> partial);
  OperatorPtr RowOfNoRows(const duckdb::LogicalAggregate& partial);
  /// The rows of all inputs, which have such columns, under other bindings.
  OperatorPtr Together(duckdb::vector<OperatorPtr> inputs, const duckdb::vector<duckdb::ColumnBinding>& bindings,
                       const duckdb::vector<duckdb::LogicalType>& types, duckdb::idx_t cardinality);
  /// The aggregates of `all` for one of its sets over `rows`, and what else `all` gives for it.
  OperatorPtr AggregateOfSet(const duckdb::LogicalAggregate& all, const duckdb::GroupingSet& set, OperatorPtr rows);
  /// Two levels for DISTINCT aggregates over a placed child; nothing where they do not fit.
  std::optional<Distribution> TryPlaceDistinctAggregate(OperatorPtr& op, const Distribution& below);
  /// Partials below an exchange, the final half above; the child is placed. REQUIRES: HasPartials(op, cut).
  Distribution PlaceHalves(OperatorPtr& op, DistinctCut cut);
  static bool LiesApart(const duckdb::LogicalAggregate& aggregate, const duckdb::Expression& value,
                        const Distribution& below);
  Distribution PlaceDistinct(OperatorPtr& op);
  Distribution PlaceComparisonJoin(OperatorPtr& op);
  Distribution PlaceNestedLoopJoin(OperatorPtr& op);
  Distribution PlaceTopN(OperatorPtr& op);
  Distribution PlaceLimit(OperatorPtr& op);
  Distribution PlaceOrder(OperatorPtr& op);
  /// The two ways of a sort whose keys are plain columns, over a placed child.
  Distribution PlaceMergedOrder(OperatorPtr& op);
  Distribution PlaceRangeOrder(OperatorPtr& op, const Distribution& below);
  bool WantsRanges(const duckdb::LogicalOperator& order) const;
  /// One row for every task: the keys that cut the rows of `cte`, sorted by `orders`, into a range for each.
  OperatorPtr Splitters(const duckdb::vector<duckdb::BoundOrderByNode>& orders, duckdb::idx_t cte,
                        const duckdb::LogicalOperator& definition,
                        const duckdb::vector<duckdb::ColumnBinding>& bindings);
  Distribution PlaceSetOperation(OperatorPtr& op);
  Distribution PlaceWindow(OperatorPtr& op);
  Distribution PlaceCte(OperatorPtr& op);
  Distribution PlaceCteReference(OperatorPtr& op);
  Distribution PlaceDelimJoin(OperatorPtr& op);
  Distribution PlaceRecursiveCte(OperatorPtr& op);
  Distribution PlaceRestore(OperatorPtr& op);
  Distribution PlaceSingle(OperatorPtr& op, const std::string& reason);

  /// How the rows that a CTE has stored lie, by positions of its columns.
  struct SharedRows {
    struct Key {
      duckdb::LogicalType type;
      std::vector<duckdb::idx_t> positions;
    };
    bool is_distributed = false;
    std::vector<Key> keys;  // of a hash distribution
  };
  /// Puts an exchange above the definition of `cte` from which all references may read.
  void Share(OperatorPtr& definition, duckdb::idx_t cte, const Distribution& below);
  /// A placed reference to `cte` with the table index `table`.
  OperatorPtr Reread(duckdb::idx_t table, duckdb::idx_t cte, const duckdb::LogicalOperator& definition);
  /// A reference to `cte` that carries `bindings`.
  OperatorPtr RereadAs(const duckdb::vector<duckdb::ColumnBinding>& bindings, duckdb::idx_t cte,
                       const duckdb::LogicalOperator& definition);
  /// The distinct keys, columns of `cte` at `positions`, with the bindings of `delim_get`.
  OperatorPtr DistinctKeys(const duckdb::LogicalOperator& delim_get, const std::vector<duckdb::idx_t>& positions,
                           duckdb::idx_t cte, const duckdb::LogicalOperator& definition);

  // Exchanges around a placed child. Rows that come from the client anyway come in the wanted way at once.
  void Exchange(OperatorPtr& child, ExchangeKind kind);
  void Gather(OperatorPtr& child);
  void Broadcast(OperatorPtr& child);
  /// Returns the new distribution: by those of `keys` that are plain columns, else arbitrary.
  Distribution Repartition(OperatorPtr& child, std::vector<const duckdb::Expression*> keys);

  Distribution GatherBoth(duckdb::LogicalOperator& op, const Distribution& left, const Distribution& right,
                          const std::string& reason);
  /// `other_order` says by which keys the other side lies already, if it does.
  bool PrefersBroadcast(duckdb::LogicalOperator& moved, duckdb::LogicalOperator& other,
                        const std::vector<size_t>& other_order) const;
  bool WantsPartial(const duckdb::LogicalOperator& aggregate) const;

  duckdb::ClientContext& context_;
  PlannerOptions options_;
  std::function<duckdb::idx_t()> new_table_index_;
  std::map<const duckdb::LogicalOperator*, std::string> single_reasons_;
  std::set<const duckdb::LogicalOperator*> task_scans_;
  std::map<duckdb::idx_t, SharedRows> shared_;  // by CTE index
  /// The sort whose rows are the result, but for projections; null without one.
  const duckdb::LogicalOperator* root_order_ = nullptr;
  /// DuckDB runs a recursive term again and again, and an exchange gives its rows once: none may stand in it.
  bool is_in_recursive_term_ = false;
};

}  // namespace skein::core
