#include "planner/aggregate_splitter.h"

#include <gtest/gtest.h>

#include "planner/planner_fixture.h"

namespace skein::core {
namespace {

constexpr PlannerOptions kPartial = {4, JoinChoice::kByCost, AggregateChoice::kPartial};

const char* const kNumbers[] = {"t",  "s",  "n",  "b",  "h",   "ut",  "us",  "un",
                                "ub", "uh", "d4", "d9", "d18", "d38", "none"};

class AggregateSplitterTest : public PlannerFixture {
 protected:
  /// Says whether the first aggregate of `sql` is cut in two.
  static bool IsSplit(const std::string& sql) {
    auto plan = client_->Optimize(sql);
    auto* aggregate = FindAggregate(*plan.root);
    EXPECT_NE(aggregate, nullptr) << sql;
    return aggregate != nullptr && HasPartials(*aggregate);
  }

  static duckdb::LogicalAggregate* FindAggregate(duckdb::LogicalOperator& op) {
    if (op.type == duckdb::LogicalOperatorType::LOGICAL_AGGREGATE_AND_GROUP_BY) {
      return &op.Cast<duckdb::LogicalAggregate>();
    }
    for (auto& child : op.children) {
      if (auto* found = FindAggregate(*child)) return found;
    }
    return nullptr;
  }

  /// Expects the same answer of four partial aggregates and a final one as of DuckDB's own, bit for bit.
  static void ExpectSameBits(const std::string& aggregates, const std::string& rest) {
    // A DOUBLE is compared by its shortest exact text: the outer projection makes it a VARCHAR.
    ExpectAnswer("SELECT COLUMNS(*)::VARCHAR FROM (SELECT " + aggregates + " FROM numbers " + rest + ")", {kPartial});
  }
};

class AggregateOfType : public AggregateSplitterTest, public testing::WithParamInterface<const char*> {
 protected:
  static std::string AllAggregates(const std::string& filter) {
    const std::string x = GetParam();
    std::string list;
    for (const auto* name : {"count", "sum", "avg", "min", "max"}) {
      list += std::string(list.empty() ? "" : ", ") + name + "(" + x + ")" + filter + " AS " + name + "_x";
    }
    return list;
  }
};

TEST_P(AggregateOfType, OverAllRows) { ExpectSameBits(AllAggregates(""), ""); }
TEST_P(AggregateOfType, ByGroups) { ExpectSameBits("k, " + AllAggregates(""), "GROUP BY k"); }
TEST_P(AggregateOfType, ByGroupsOfOneRow) { ExpectSameBits("un, " + AllAggregates(""), "WHERE un < 3000 GROUP BY un"); }
TEST_P(AggregateOfType, OverNoRows) { ExpectSameBits(AllAggregates(""), "WHERE un > 1000000"); }
TEST_P(AggregateOfType, OverNoRowsByGroups) {
  ExpectSameBits("k, " + AllAggregates(""), "WHERE un > 1000000 GROUP BY k");
}
TEST_P(AggregateOfType, Filtered) { ExpectSameBits("k, " + AllAggregates(" FILTER (WHERE even)"), "GROUP BY k"); }
TEST_P(AggregateOfType, FilteredToNothing) {
  ExpectSameBits("k, " + AllAggregates(" FILTER (WHERE un > 1000000)"), "GROUP BY k");
}

INSTANTIATE_TEST_SUITE_P(Types, AggregateOfType, testing::ValuesIn(kNumbers),
                         [](const auto& info) { return std::string(info.param); });

TEST_F(AggregateSplitterTest, AveragesOfDoublesThatSumExactlyAreTheSame) {
  ExpectSameBits("k, avg(f), sum(f), min(f), max(f), count(f)", "GROUP BY k");
  ExpectSameBits("avg(f), sum(f), avg(r), sum(r), min(r)", "");
}

TEST_F(AggregateSplitterTest, SumsOfDoublesDifferByRoundingAlone) {
  const std::string sql = "SELECT sum(f / 3), avg(f / 7) FROM numbers";
  const auto whole = client_->connection().Query(sql)->Fetch();
  const auto options = kPartial;
  const auto rows = RunDistributed("SELECT (abs(sum(f / 3) - " + whole->GetValue(0, 0).ToString() +
                                       ") < 1e-12 * sum(f)), "
                                       "(abs(avg(f / 7) - " +
                                       whole->GetValue(1, 0).ToString() + ") < 1e-12 * avg(f)) FROM numbers",
                                   options);
  EXPECT_EQ(rows, std::vector<std::string>{"true|true|"});
}

TEST_F(AggregateSplitterTest, KeepsDoublesThatAreNoNumbers) {
  ExpectSameBits("sum(x), avg(x), min(x), max(x)",
                 ", LATERAL (SELECT CASE WHEN un = 5 THEN 'nan'::DOUBLE ELSE f END AS x)");
  ExpectSameBits("sum(x), avg(x), min(x), max(x)",
                 ", LATERAL (SELECT CASE WHEN un = 5 THEN 'inf'::DOUBLE ELSE f END AS x)");
}

TEST_F(AggregateSplitterTest, KeepsTypesOfResults) {
  ExpectAnswer(
      "SELECT typeof(count(*)), typeof(sum(t)), typeof(sum(d4)), typeof(avg(d38)), typeof(min(d18)), "
      "typeof(sum(f)), typeof(max(text)), typeof(min(day)) FROM numbers",
      {kPartial});
  ExpectAnswer(
      "SELECT typeof(a), typeof(b), typeof(c), a, b, c FROM (SELECT min(x) AS a, max(y) AS b, min(z) AS c FROM "
      "(SELECT even::VARCHAR::ENUM('true', 'false') AS x, ('[' || un || ']')::JSON AS y, "
      "(un::VARCHAR)::BIT AS z FROM numbers WHERE un < 2))",
      {kPartial});
}

TEST_F(AggregateSplitterTest, EndsOfStringsDatesAndTimes) {
  ExpectSameBits("k, min(text), max(text), min(day), max(day), min(day + INTERVAL (un) SECOND), min(even), max(even)",
                 "GROUP BY k");
}

TEST_F(AggregateSplitterTest, CutsWhatItCanMerge) {
  EXPECT_TRUE(
      IsSplit("SELECT count(*), count(n), sum(n), sum(d18), min(text), max(day), avg(d9), avg(f) FROM numbers"));
  EXPECT_TRUE(IsSplit("SELECT k, sum(n) FILTER (even) FROM numbers GROUP BY k"));
  EXPECT_TRUE(IsSplit("SELECT approx_quantile(n, 0.5), histogram(text), approx_count_distinct(day) FROM numbers"));
}

TEST_F(AggregateSplitterTest, LeavesWholeWhatItCannotMerge) {
  for (const auto* aggregate : {"count(DISTINCT n)", "sum(DISTINCT n)", "median(n)", "list(n)", "string_agg(text, ',')",
                                "list(n ORDER BY k)", "avg(day)", "min(n, 3)", "arg_min(n, k, 2)",
                                "reservoir_quantile(n, 0.5)", "histogram(n, [1, 2])", "entropy(n)"}) {
    EXPECT_FALSE(IsSplit(std::string("SELECT ") + aggregate + " FROM numbers")) << aggregate;
  }
  EXPECT_FALSE(IsSplit("SELECT count(*), count(DISTINCT n) FROM numbers"));
}

TEST_F(AggregateSplitterTest, OverflowsAreStillErrors) {
  const std::string sql =
      "SELECT sum(x) FROM (SELECT '170141183460469231731687303715884105727'::HUGEINT AS x FROM numbers)";
  EXPECT_TRUE(client_->connection().Query("ROLLBACK; " + sql)->HasError());
  client_->connection().BeginTransaction();
  auto query = Plan(sql, kPartial);
  const auto rows = RunOnCluster(query);
  ASSERT_FALSE(rows.ok());
  EXPECT_EQ(DetailOf(rows.status())->duckdb_type(), "Out of Range");
}

TEST_F(AggregateSplitterTest, ManyRowsOfManyGroupsAgree) {
  ExpectSameBits("un % 4999 AS g, n % 3 AS h, count(*), sum(d9), avg(n), min(s), max(ub)", "GROUP BY ALL");
}

}  // namespace
}  // namespace skein::core
