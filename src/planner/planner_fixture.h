// What the planner's tests are made of: Parquet tables with every join and type that matters, the passes of the planner
// on DuckDB's optimized plans, and a cluster of one engine to run what they made. For tests only.
#pragma once

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "duckdb/parser/statement/logical_plan_statement.hpp"
#include "engine/engine_fixture.h"
#include "engine/fragment_codec.h"
#include "engine/single_node_cluster.h"
#include "plan/stage_tree.h"
#include "planner/operator_facts.h"
#include "planner/stage_cutter.h"

namespace skein::core {

/// The root of a plan that DuckDB runs as it is, without its optimizer.
class UntouchedRoot : public LogicalExchange {
 public:
  explicit UntouchedRoot(OperatorPtr child) : LogicalExchange(ExchangeKind::kGather, std::move(child)) {}
  bool RequireOptimizer() const override { return false; }
};

/// Names the options in messages.
inline std::string ToString(const PlannerOptions& options) {
  const char* joins[] = {"joins by cost", "broadcast joins", "repartition joins"};
  const char* aggregates[] = {"aggregates by cost", "partial aggregates", "raw rows"};
  const char* sorts[] = {"sorts by cost", "merged sorts", "sorts by ranges"};
  return std::string(joins[static_cast<int>(options.join_choice)]) + ", " +
         aggregates[static_cast<int>(options.aggregate_choice)] + ", " + sorts[static_cast<int>(options.sort_choice)];
}

/// Every choice a person can make.
inline std::vector<PlannerOptions> AllOptions() {
  std::vector<PlannerOptions> all = {{4, JoinChoice::kByCost, AggregateChoice::kByCost}};
  for (auto join : {JoinChoice::kBroadcast, JoinChoice::kRepartition}) {
    for (auto aggregate : {AggregateChoice::kPartial, AggregateChoice::kRawRows}) all.push_back({4, join, aggregate});
  }
  all.push_back({4, JoinChoice::kByCost, AggregateChoice::kByCost, SortChoice::kRange});
  return all;
}

class PlannerFixture : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    dir_ = std::make_unique<TempDir>();
    client_ = std::make_unique<ClientDuckDb>();
    cluster_ = std::make_unique<SingleNodeCluster>(dir_->path());
    // 12,000 lines of 3,000 orders (some without lines) by 200 customers (some without orders), and numbers.
    AddTable("customers", "SELECT i AS c_id, 'name ' || i AS c_name, i % 5 AS c_nation FROM range(200) r(i)");
    AddTable("orders",
             "SELECT i AS o_id, (i * 37) % 190 AS o_customer, DATE '2024-01-01' + (i % 365)::INTEGER AS o_date, "
             "nullif(i % 11, 3) AS o_priority FROM range(3000) r(i)");
    AddTable("lines",
             "SELECT (i * 7) % 2900 AS l_order, i AS l_id, (i % 50 + 0.25)::DECIMAL(9,2) AS l_price, "
             "nullif(i % 13, 5) AS l_count, chr(65 + (i % 3)::INTEGER) AS l_flag, i * 0.5::DOUBLE AS l_weight "
             "FROM range(12000) r(i)");
    AddTable("nations", "SELECT i AS n_id, 'nation ' || i AS n_name FROM range(7) r(i)");
    AddTable("gaps", "SELECT nullif(i, 4) AS g_id FROM range(10) r(i)");
    AddTable("empty", "SELECT 1 AS e_id, 'x' AS e_text WHERE false");
    AddTable("numbers",
             "SELECT i % 9 AS k, nullif(i % 251 - 125, 7)::TINYINT AS t, nullif(i - 5000, 3)::SMALLINT AS s, "
             "nullif(i * 99991 % 1000003, 9)::INTEGER AS n, (i - 5000) * 900719925474099 AS b, "
             "((i - 5000)::HUGEINT * 100000000000000000000000001)::VARCHAR AS h, (i % 251)::UTINYINT AS ut, "
             "i::USMALLINT AS us, i::UINTEGER AS un, i::UBIGINT * 1000003 AS ub, (i * 7)::VARCHAR AS uh, "
             "((i % 1999) - 999.5)::DECIMAL(4,1) AS d4, (i * 1.37)::DECIMAL(9,2) AS d9, "
             "(i * 1234567.891)::DECIMAL(18,3) AS d18, ((i - 7) * 98765432109876.54321)::DECIMAL(38,5) AS d38, "
             "i * 0.25::DOUBLE AS f, (i * 0.5)::FLOAT AS r, NULL::INTEGER AS none, i % 2 = 0 AS even, "
             "'text ' || i AS text, DATE '2000-01-01' + (i % 1000)::INTEGER AS day FROM range(10000) r(i)",
             "* REPLACE (h::HUGEINT AS h, uh::UHUGEINT AS uh)");  // which Parquet does not have
  }

  static void TearDownTestSuite() {
    cluster_.reset();
    client_.reset();
    dir_.reset();
  }

  /// Two files of row groups of 2048 rows, behind a view.
  static void AddTable(const std::string& name, const std::string& sql, const std::string& columns = "*") {
    for (const auto* half : {"0", "1"}) {
      client_->Ask("COPY (SELECT * EXCLUDE part FROM (SELECT *, row_number() OVER () % 2 AS part FROM (" + sql +
                   ")) WHERE part = " + half + ") TO '" + dir_->path(name + half + ".parquet") +
                   "' (FORMAT parquet, ROW_GROUP_SIZE 2048)");
    }
    client_->Ask("CREATE VIEW " + name + " AS SELECT " + columns + " FROM read_parquet('" +
                 dir_->path(name + "?.parquet") + "')");
  }

  void SetUp() override { client_->connection().BeginTransaction(); }
  void TearDown() override {
    if (client_->connection().HasActiveTransaction()) client_->connection().Rollback();
  }

  /// Runs the first pass alone on the plan of `sql`, on this node, exchanges passing rows through.
  static std::vector<std::string> RunPlaced(const std::string& sql, PlannerOptions options) {
    auto plan = client_->Optimize(sql);
    ExchangePlacer placer(client_->context(), options, [&] { return plan.NewTableIndex(); });
    placer.PlaceRoot(plan.root);
    plan.root->ResolveOperatorTypes();
    auto root = duckdb::make_uniq<UntouchedRoot>(std::move(plan.root));
    root->ResolveOperatorTypes();
    auto result = client_->connection().Query(duckdb::make_uniq<duckdb::LogicalPlanStatement>(std::move(root)));
    EXPECT_FALSE(result->HasError()) << (result->HasError() ? result->GetError() : "");
    if (result->HasError()) return {};
    return RowsOf(*result);
  }

  static PlannedQuery Plan(const std::string& sql, PlannerOptions options) {
    auto plan = client_->Optimize(sql);
    ExchangePlacer placer(client_->context(), options, [&] { return plan.NewTableIndex(); });
    placer.PlaceRoot(plan.root);
    plan.root->ResolveOperatorTypes();
    return StageCutter(client_->context(), options, placer).Cut(std::move(plan.root));
  }

  static arrow::Result<std::vector<std::string>> RunOnCluster(PlannedQuery& query) {
    std::vector<StageToRun> stages;
    for (auto& stage : query.stages) {
      StageToRun& made = stages.emplace_back();
      made.types = stage.fragment->children[0]->types;
      made.fragment = EncodeFragment(client_->context(), *stage.fragment);
      for (const auto& scan : stage.scans) made.splits.push_back(EnumerateSplits(client_->context(), scan));
    }
    return cluster_->Run(client_->context(), query.plan, stages);
  }

  /// Runs both passes and every task of every stage.
  static std::vector<std::string> RunDistributed(const std::string& sql, PlannerOptions options) {
    auto query = Plan(sql, options);
    auto rows = RunOnCluster(query);
    EXPECT_TRUE(rows.ok()) << rows.status().ToString() << "\n" << ToStageTree(query.plan);
    return rows.ok() ? *rows : std::vector<std::string>();
  }

  /// Expects DuckDB's own answer of both ways, in its order where the statement asks for one.
  static void ExpectAnswer(const std::string& sql, const std::vector<PlannerOptions>& choices = AllOptions()) {
    SCOPED_TRACE(sql);
    const bool is_ordered = DeliversOrder(*client_->Optimize(sql).root);
    auto in_order = [&](std::vector<std::string> rows) {
      if (!is_ordered) std::sort(rows.begin(), rows.end());
      return rows;
    };
    const auto expected = in_order(client_->Ask(sql));
    for (const auto& options : choices) {
      SCOPED_TRACE(ToString(options));
      ASSERT_EQ(in_order(RunPlaced(sql, options)), expected) << "on one node";
      ASSERT_EQ(in_order(RunDistributed(sql, options)), expected) << "in stages\n"
                                                                  << ToStageTree(Plan(sql, options).plan);
    }
  }

  static std::string Tree(const std::string& sql,
                          PlannerOptions options = {4, JoinChoice::kByCost, AggregateChoice::kByCost}) {
    return ToStageTree(Plan(sql, options).plan);
  }

  static inline std::unique_ptr<TempDir> dir_;
  static inline std::unique_ptr<ClientDuckDb> client_;
  static inline std::unique_ptr<SingleNodeCluster> cluster_;
};

}  // namespace skein::core
