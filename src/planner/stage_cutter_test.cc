#include "planner/stage_cutter.h"

#include <gtest/gtest.h>

#include "planner/planner_fixture.h"

namespace skein::core {
namespace {

constexpr PlannerOptions kByCost = {4, JoinChoice::kByCost, AggregateChoice::kByCost};
constexpr PlannerOptions kBroadcast = {4, JoinChoice::kBroadcast, AggregateChoice::kPartial};
constexpr PlannerOptions kRepartition = {4, JoinChoice::kRepartition, AggregateChoice::kPartial};
constexpr PlannerOptions kRawRows = {4, JoinChoice::kRepartition, AggregateChoice::kRawRows};

constexpr PlannerOptions kRangeSort = {4, JoinChoice::kByCost, AggregateChoice::kByCost, SortChoice::kRange};

std::string ShapeOf(const PlannedQuery& query, const Stage& stage);

/// Writes an operator as `NAME(child, …)`, joins by their type, inputs as the kind of the exchange before the stage
/// that fills it. Left out: projections and filters.
std::string ShapeOf(const PlannedQuery& query, duckdb::LogicalOperator& op) {
  using duckdb::LogicalOperatorType;
  if (op.type == LogicalOperatorType::LOGICAL_PROJECTION || op.type == LogicalOperatorType::LOGICAL_FILTER) {
    return ShapeOf(query, *op.children[0]);
  }
  if (auto* ours = AsSkein(op)) {
    if (ours->kind() == OperatorKind::kSplitScan) return "scan";
    if (ours->kind() == OperatorKind::kExchangeSource) {
      const auto& exchange = query.plan.exchange(static_cast<LogicalExchangeSource&>(op).exchange);
      return ToString(exchange.kind) + (" " + ShapeOf(query, query.plan.stage(exchange.producer)));
    }
    return ShapeOf(query, *op.children[0]);
  }
  const bool is_join = op.type == LogicalOperatorType::LOGICAL_COMPARISON_JOIN;
  std::string children;
  for (auto& child : op.children) children += (children.empty() ? "" : ", ") + ShapeOf(query, *child);
  return (is_join ? DetailOf(op) : op.GetName()) + (children.empty() ? "" : "(" + children + ")");
}

/// Writes a stage as `tasks[its tree]`.
std::string ShapeOf(const PlannedQuery& query, const Stage& stage) {
  return std::to_string(stage.task_count) + "[" + ShapeOf(query, *query.stages[stage.id].fragment) + "]";
}

class StageCutterTest : public PlannerFixture {
 protected:
  static std::string Shape(const std::string& sql, PlannerOptions options = kByCost) {
    const auto query = Plan(sql, options);
    const auto status = query.plan.Validate();
    EXPECT_TRUE(status.ok()) << status.ToString();
    return ShapeOf(query, query.plan.stages.back());
  }
  static Stage LastStage(const std::string& sql) { return Plan(sql, kByCost).plan.stages.back(); }
};

TEST_F(StageCutterTest, ScansAndFiltersStreamToTheClient) {
  const auto query = Plan("SELECT l_id + 1 FROM lines WHERE l_price > 20", kByCost);
  EXPECT_EQ(ShapeOf(query, query.plan.stages[0]), "4[scan]");
  EXPECT_EQ(query.plan.stages[0].replay_class, ReplayClass::kStream);
  EXPECT_FALSE(query.plan.stages[0].is_barrier);
  ASSERT_EQ(query.stages[0].scans.size(), 1u);
  EXPECT_EQ(query.stages[0].scans[0].files.size(), 2u);
}

TEST_F(StageCutterTest, AggregatesMeetByTheHashOfTheirGroup) {
  EXPECT_EQ(Shape("SELECT l_flag, sum(l_price), avg(l_count), count(*) FROM lines GROUP BY l_flag"),
            "4[AGGREGATE(hash 4[AGGREGATE(scan)])]");
  EXPECT_EQ(Shape("SELECT l_flag, sum(l_price) FROM lines GROUP BY l_flag", kRawRows), "4[AGGREGATE(hash 4[scan])]");
  EXPECT_EQ(Shape("SELECT l_flag, median(l_price) FROM lines GROUP BY l_flag"), "4[AGGREGATE(hash 4[scan])]");
}

TEST_F(StageCutterTest, AggregatesWithoutGroupsMeetInOneTask) {
  EXPECT_EQ(Shape("SELECT count(*) FROM lines"), "1[AGGREGATE(gather 4[AGGREGATE(scan)])]");
  EXPECT_EQ(Shape("SELECT count(*) FROM lines", kRawRows), "1[AGGREGATE(gather 4[scan])]");
  EXPECT_EQ(Shape("SELECT median(l_price) FROM lines"), "1[AGGREGATE(gather 4[scan])]");
}

TEST_F(StageCutterTest, StatesAndPickedRowsArePartials) {
  for (const auto* aggregate :
       {"stddev(l_weight)", "corr(l_weight, l_id)", "first(l_id)", "any_value(l_id)", "bit_xor(l_id)",
        "bool_or(l_id > 3)", "product(l_weight)", "count_if(l_id > 3)", "min([l_id])"}) {
    const std::string sql = std::string("SELECT ") + aggregate + " FROM lines";
    EXPECT_EQ(Shape(sql), "1[AGGREGATE(gather 4[AGGREGATE(scan)])]") << sql;
    EXPECT_EQ(Shape("SELECT l_flag, " + sql.substr(7) + " GROUP BY l_flag"), "4[AGGREGATE(hash 4[AGGREGATE(scan)])]");
    EXPECT_EQ(Shape(sql, kRawRows), "1[AGGREGATE(gather 4[scan])]") << sql;
  }
}

TEST_F(StageCutterTest, DistinctValuesOfGroupsLeaveATaskOnce) {
  const std::string by_flag = "SELECT l_flag, count(DISTINCT l_order) FROM lines GROUP BY l_flag";
  EXPECT_EQ(Shape(by_flag), "4[AGGREGATE(hash 4[AGGREGATE(scan)])]");
  EXPECT_EQ(Plan(by_flag, kByCost).plan.exchanges[0].keys, "l_flag");
  EXPECT_EQ(Shape(by_flag, kRawRows), "4[AGGREGATE(hash 4[scan])]");
}

TEST_F(StageCutterTest, DistinctValuesWithoutGroupsMeetByTheirHash) {
  const std::string sql =
      "SELECT count(DISTINCT l_order), sum(DISTINCT l_order), count(*), stddev(l_weight) FROM lines";
  EXPECT_EQ(Shape(sql), "1[AGGREGATE(gather 4[AGGREGATE(hash 4[AGGREGATE(scan)])])]");
  EXPECT_EQ(Plan(sql, kByCost).plan.exchanges[0].keys, "l_order");
  EXPECT_EQ(Shape(sql, kRawRows), "1[AGGREGATE(gather 4[scan])]");
}

TEST_F(StageCutterTest, DistinctValuesThatLieApartArePartials) {
  EXPECT_EQ(Shape("SELECT count(DISTINCT o_id) FROM orders JOIN lines ON o_id = l_order", kRepartition),
            "1[AGGREGATE(gather 4[AGGREGATE(INNER(hash 4[scan], hash 4[scan]))])]");
}

TEST_F(StageCutterTest, DistinctValuesOfSeveralArgumentsOrFiltersAreRawRows) {
  for (const auto* aggregates :
       {"count(DISTINCT l_order), count(DISTINCT l_id)", "count(DISTINCT l_order) FILTER (l_id > 3)",
        "count(DISTINCT l_order), median(l_id)", "count(DISTINCT l_order), list(l_id)"}) {
    EXPECT_EQ(Shape(std::string("SELECT ") + aggregates + " FROM lines"), "1[AGGREGATE(gather 4[scan])]") << aggregates;
  }
}

TEST_F(StageCutterTest, JoinsAreBroadcastOrRepartitionedAsTold) {
  const std::string sql = "SELECT o_date, l_id FROM orders JOIN lines ON o_id = l_order";
  EXPECT_EQ(Shape(sql, kBroadcast), "4[INNER(scan, broadcast 4[scan])]");
  EXPECT_EQ(Shape(sql, kRepartition), "4[INNER(hash 4[scan], hash 4[scan])]");
  EXPECT_EQ(Shape("SELECT c_name, o_id FROM orders LEFT JOIN customers ON c_id = o_customer", kBroadcast),
            "4[RIGHT(broadcast 4[scan], scan)]");
}

TEST_F(StageCutterTest, SmallSidesAreBroadcastByCost) {
  const auto few = "read_parquet('" + dir_->path("nations0.parquet") + "')";
  EXPECT_EQ(Shape("SELECT n_name, l_id FROM lines JOIN " + few + " ON l_id % 7 = n_id"),
            "4[INNER(scan, broadcast 4[scan])]");
  EXPECT_EQ(Shape("SELECT a.l_id, b.l_id FROM lines a JOIN lines b ON a.l_id = b.l_order"),
            "4[INNER(hash 4[scan], hash 4[scan])]");
}

TEST_F(StageCutterTest, AntiJoinsThatSeeNullsAreNeverRepartitioned) {
  for (const auto& options : AllOptions()) {
    EXPECT_EQ(Shape("SELECT o_id FROM orders WHERE o_priority NOT IN (SELECT g_id FROM gaps)", options),
              "4[MARK(scan, broadcast 4[scan])]");
  }
}

TEST_F(StageCutterTest, SidesWhoseUnmatchedRowsAppearAreNeverBroadcast) {
  for (const auto& options : AllOptions()) {
    EXPECT_EQ(Shape("SELECT c_id, o_id FROM (FROM customers WHERE c_id < 150) FULL JOIN orders ON c_id = o_customer",
                    options),
              "4[FULL(hash 4[scan], hash 4[scan])]");
    EXPECT_EQ(Shape("SELECT n_id, g_id FROM nations FULL JOIN gaps ON n_id < g_id - 6", options),
              "1[FULL(gather 4[scan], gather 4[scan])]");
  }
  EXPECT_EQ(Shape("SELECT o_id, n_id FROM orders RIGHT JOIN nations ON o_id = n_id", kBroadcast),
            "4[RIGHT(broadcast 4[scan], scan)]");
  EXPECT_EQ(Shape("SELECT n_id, o_id FROM nations LEFT JOIN orders ON o_id = n_id", kBroadcast),
            "4[RIGHT(broadcast 4[scan], scan)]");
}

TEST_F(StageCutterTest, GroupsByAJoinKeyStayWhereTheyAre) {
  const std::string from = " FROM orders JOIN lines ON o_id = l_order GROUP BY ";
  EXPECT_EQ(Shape("SELECT o_id, count(*)" + from + "o_id", kRepartition),
            "4[AGGREGATE(INNER(hash 4[scan], hash 4[scan]))]");
  EXPECT_EQ(Shape("SELECT l_order, o_date, count(*)" + from + "l_order, o_date", kRepartition),
            "4[AGGREGATE(INNER(hash 4[scan], hash 4[scan]))]");
  EXPECT_EQ(Shape("SELECT o_date, count(*)" + from + "o_date", kRepartition),
            "4[AGGREGATE(hash 4[AGGREGATE(INNER(hash 4[scan], hash 4[scan]))])]");
}

TEST_F(StageCutterTest, KeysThatAFullJoinMayMakeNullDoNotSayWhereRowsAre) {
  EXPECT_EQ(
      Shape("SELECT c_id, count(*) FROM customers FULL JOIN orders ON c_id = o_customer GROUP BY c_id", kRepartition),
      "4[AGGREGATE(hash 4[AGGREGATE(FULL(hash 4[scan], hash 4[scan]))])]");
}

TEST_F(StageCutterTest, JoinsByTheSameKeyMoveRowsOnce) {
  EXPECT_EQ(Shape("SELECT count(*) FROM orders JOIN lines ON o_id = l_order JOIN (SELECT DISTINCT l_order AS k FROM "
                  "lines WHERE l_flag = 'A') ON k = o_id",
                  kRepartition),
            "1[AGGREGATE(gather 4[AGGREGATE(INNER(hash 4[scan], INNER(DISTINCT(hash 4[scan]), hash 4[scan])))])]");
}

TEST_F(StageCutterTest, TopNIsTakenLocallyAndMerged) {
  const auto query = Plan("SELECT l_id FROM lines ORDER BY l_price DESC, l_id LIMIT 10 OFFSET 5", kByCost);
  EXPECT_EQ(ShapeOf(query, query.plan.stages.back()), "1[TOP_N(gather 4[TOP_N(scan)])]");
  EXPECT_TRUE(query.plan.exchanges.back().is_ordered);
  EXPECT_FALSE(query.plan.exchanges.front().is_ordered);
}

TEST_F(StageCutterTest, LimitsAreTakenLocallyAndAgain) {
  EXPECT_EQ(Shape("SELECT l_order, count(*) FROM lines GROUP BY l_order LIMIT 10 OFFSET 5", kRawRows),
            "1[LIMIT(gather 4[LIMIT(AGGREGATE(hash 4[scan]))])]");
  EXPECT_EQ(Shape("SELECT l_id FROM lines OFFSET 5"), "1[LIMIT(gather 4[scan])]");
  EXPECT_EQ(Shape("SELECT l_id FROM lines LIMIT 10%"), "1[LIMIT(gather 4[scan])]");
}

TEST_F(StageCutterTest, EachTaskSortsAndOneMergesByKey) {
  const auto query = Plan("SELECT l_id FROM lines ORDER BY l_id DESC", kByCost);
  EXPECT_EQ(ShapeOf(query, query.plan.stages.back()), "1[gather 4[ORDER_BY(scan)]]");
  EXPECT_TRUE(query.plan.exchanges[0].is_merged);
  EXPECT_TRUE(query.plan.exchanges.back().is_ordered);
}

TEST_F(StageCutterTest, DistinctRowsMeetByTheirHash) {
  EXPECT_EQ(Shape("SELECT DISTINCT l_flag, l_count FROM lines"), "4[DISTINCT(hash 4[scan])]");
  EXPECT_EQ(Shape("SELECT DISTINCT ON (l_order) l_order, l_id FROM lines"), "4[DISTINCT(hash 4[scan])]");
}

TEST_F(StageCutterTest, SetOperationsMeetByTheHashOfAllColumns) {
  EXPECT_EQ(Shape("SELECT l_order FROM lines UNION ALL SELECT o_id FROM orders"), "4[UNION(scan, scan)]");
  EXPECT_EQ(Shape("SELECT l_order FROM lines UNION SELECT o_id FROM orders"),
            "4[DISTINCT(UNION(hash 4[scan], hash 4[scan]))]");
  EXPECT_EQ(Shape("SELECT l_order FROM lines EXCEPT ALL SELECT o_id FROM orders"),
            "4[EXCEPT(hash 4[scan], hash 4[scan])]");
}

TEST_F(StageCutterTest, WindowsMeetByTheirPartition) {
  EXPECT_EQ(Shape("SELECT l_id, rank() OVER (PARTITION BY l_order ORDER BY l_id) FROM lines"),
            "4[WINDOW(hash 4[scan])]");
  EXPECT_EQ(Shape("SELECT l_id, rank() OVER (ORDER BY l_id) FROM lines"), "1[WINDOW(gather 4[scan])]");
  EXPECT_EQ(LastStage("SELECT l_id, rank() OVER (ORDER BY l_id) FROM lines").single_reason,
            "the windows have no partition key in common");
}

TEST_F(StageCutterTest, ATableExpressionUsedTwiceIsStoredOnce) {
  const std::string sql =
      "WITH s AS MATERIALIZED (SELECT l_order, sum(l_price) AS v FROM lines GROUP BY l_order) "
      "SELECT count(*) FROM s a JOIN s b ON a.v = b.v";
  EXPECT_EQ(Shape(sql, kBroadcast),
            "1[AGGREGATE(gather 4[AGGREGATE(INNER(forward 4[AGGREGATE(hash 4[AGGREGATE(scan)])], "
            "broadcast 4[AGGREGATE(hash 4[AGGREGATE(scan)])]))])]");
  const auto query = Plan(sql, kBroadcast);
  EXPECT_EQ(query.plan.stages.size(), 4u);
  EXPECT_TRUE(query.plan.exchanges[1].is_shared());
  EXPECT_EQ(query.plan.exchanges[2].shared_from, std::optional<ExchangeId>(1));
}

TEST_F(StageCutterTest, ACorrelatedSubqueryReadsTheKeysOfItsOuterRowsAgain) {
  const std::string sql =
      "SELECT count(*) FROM orders WHERE o_customer > (SELECT sum(l_count) FROM lines "
      "WHERE l_order = o_id AND l_id <> o_customer)";
  EXPECT_EQ(Shape(sql, kRepartition),
            "1[AGGREGATE(gather 4[AGGREGATE(SINGLE(hash 4[scan], hash 4[INNER(AGGREGATE(INNER(hash 4[scan], "
            "hash 4[AGGREGATE(hash 4[scan])])), hash 4[AGGREGATE(hash 4[scan])])]))])]");
  const auto query = Plan(sql, kRepartition);
  const auto& exchanges = query.plan.exchanges;
  // The outer rows are stored once; they and, twice, their keys are read.
  EXPECT_EQ(std::count_if(exchanges.begin(), exchanges.end(), [](const Exchange& edge) { return edge.is_shared(); }),
            1);
  EXPECT_EQ(std::count_if(exchanges.begin(), exchanges.end(),
                          [](const Exchange& edge) { return edge.shared_from.has_value(); }),
            3);
}

TEST_F(StageCutterTest, AWholeResultIsSortedByRangesOfItsKeys) {
  const auto query = Plan("SELECT l_id FROM lines ORDER BY l_price DESC, l_id + 1", kRangeSort);
  const auto& last = query.plan.exchanges.back();
  EXPECT_EQ(ShapeOf(query, query.plan.stages.back()),
            "4[ORDER_BY(range 4[CROSS_PRODUCT(forward 4[scan], broadcast 1[AGGREGATE(gather 4[SAMPLE(forward "
            "4[scan])])])])]");
  EXPECT_EQ(last.consumer, Exchange::kClient);
  EXPECT_TRUE(last.is_ordered);
}

TEST_F(StageCutterTest, ASortBelowOtherOperatorsIsMerged) {
  EXPECT_EQ(Shape("SELECT list(l_id) FROM (SELECT l_id FROM lines ORDER BY l_price)", kRangeSort).find("range"),
            std::string::npos);
}

TEST_F(StageCutterTest, GroupingSetsHavePartials) {
  EXPECT_EQ(Shape("SELECT l_flag, l_count, sum(l_price) FROM lines GROUP BY ROLLUP (l_flag, l_count)"),
            "4[AGGREGATE(hash 4[AGGREGATE(scan)])]");
}

TEST_F(StageCutterTest, GroupingSetsThatNeedTheRowsReadThemOnceForEachSet) {
  EXPECT_EQ(Shape("SELECT l_flag, l_count, median(l_price) FROM lines GROUP BY GROUPING SETS (l_flag, l_count)"),
            "4[UNION(AGGREGATE(hash 4[forward 4[scan]]), AGGREGATE(hash 4[forward 4[scan]]))]");
}

TEST_F(StageCutterTest, GroupingSetsThatShareAColumnReadTheRowsWhereItHasPutThem) {
  EXPECT_EQ(Shape("SELECT l_flag, l_count, median(l_price) FROM lines GROUP BY ROLLUP (l_flag, l_count)"),
            "4[UNION(hash 1[AGGREGATE(gather 4[hash 4[scan]])], AGGREGATE(hash 4[scan]), AGGREGATE(hash 4[scan]))]");
}

TEST_F(StageCutterTest, DistinctValuesOfGroupingSetsAreSentOnceATask) {
  const std::string sql = "SELECT l_flag, count(DISTINCT l_count) FROM lines GROUP BY ";
  EXPECT_EQ(Shape(sql + "GROUPING SETS ((l_flag), (l_flag, l_order))"), "4[AGGREGATE(hash 4[AGGREGATE(scan)])]");
  EXPECT_EQ(Shape(sql + "ROLLUP (l_flag)"),
            "4[AGGREGATE(hash 4[UNION(AGGREGATE(scan), hash 1[AGGREGATE(EMPTY_RESULT)])])]");
}

TEST_F(StageCutterTest, AsofJoinsAreCutByTheirEqualityKeys) {
  EXPECT_EQ(Shape("SELECT l_id, o_id FROM lines ASOF JOIN orders ON l_order = o_customer AND l_id >= o_id",
                  {4, JoinChoice::kRepartition, AggregateChoice::kByCost}),
            "4[ASOF_JOIN(hash 4[scan], hash 4[scan])]");
}

TEST_F(StageCutterTest, AsofJoinsWithoutEqualityKeysCopyTheirRightSide) {
  EXPECT_EQ(Shape("SELECT l_id, o_id FROM lines ASOF LEFT JOIN orders ON l_id >= o_id"),
            "4[ASOF_JOIN(scan, broadcast 4[scan])]");
}

TEST_F(StageCutterTest, APercentageOfRowsIsDrawnWhereTheyAre) {
  EXPECT_EQ(Shape("SELECT l_id FROM lines USING SAMPLE 50% (bernoulli)").find("gather"), std::string::npos);
}

TEST_F(StageCutterTest, ANumberOfRowsIsDrawnInOneTask) {
  EXPECT_NE(Shape("SELECT l_id FROM lines USING SAMPLE 50 ROWS").find("1[SAMPLE(gather 4[scan])]"), std::string::npos);
}

TEST_F(StageCutterTest, OneWorkerRunsThePlanAsItIs) {
  EXPECT_EQ(
      Shape("SELECT l_flag, count(*) FROM lines GROUP BY l_flag", {1, JoinChoice::kByCost, AggregateChoice::kByCost}),
      "1[AGGREGATE(scan)]");
}

TEST_F(StageCutterTest, HashExchangesHaveARangeForEachConsumer) {
  const auto query = Plan("SELECT l_flag, count(*) FROM lines GROUP BY l_flag", kByCost);
  ASSERT_EQ(query.plan.exchanges.size(), 2u);
  EXPECT_EQ(query.plan.exchanges[0].ranges, SplitEvenly(4));
  EXPECT_EQ(query.plan.exchanges[1].ranges, std::vector<PartitionRange>{PartitionRange::All()});
  EXPECT_EQ(query.plan.exchanges[1].consumer, Exchange::kClient);
}

TEST_F(StageCutterTest, StagesSayWhatMayBeReplayed) {
  using Replay = ReplayClass;
  const auto replay = [&](const std::string& sql) { return Plan(sql, kByCost).plan.stages[0].replay_class; };
  EXPECT_EQ(replay("SELECT l_id FROM lines WHERE l_count > 3"), Replay::kStream);
  EXPECT_EQ(replay("SELECT l_id, random() FROM lines"), Replay::kAgree);
  EXPECT_EQ(replay("SELECT l_flag, count(*), sum(l_price) FROM lines GROUP BY l_flag"), Replay::kHold);
  EXPECT_EQ(replay("SELECT l_flag, sum(l_weight) FROM lines GROUP BY l_flag"), Replay::kAgree);
  EXPECT_EQ(replay("SELECT l_id FROM lines LIMIT 10"), Replay::kAgree);
  const auto last = [&](const std::string& sql) { return LastStage(sql).replay_class; };
  EXPECT_EQ(last("SELECT DISTINCT l_flag FROM lines"), Replay::kHold);
  EXPECT_EQ(last("SELECT DISTINCT ON (l_flag) l_flag, l_id FROM lines"), Replay::kAgree);
  EXPECT_EQ(last("SELECT l_flag, list(l_id) FROM lines GROUP BY l_flag"), Replay::kAgree);
}

TEST_F(StageCutterTest, TreesNameNoFiles) {
  const auto tree = Tree("SELECT n_name, count(*) FROM lines JOIN nations ON l_id % 7 = n_id GROUP BY n_name");
  EXPECT_EQ(tree.find(".parquet"), std::string::npos) << tree;
  EXPECT_NE(tree.find("4 tasks"), std::string::npos) << tree;
}

}  // namespace
}  // namespace skein::core
