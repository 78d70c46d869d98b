// Answers of aggregates that are cut in two, against DuckDB's own: over all rows, groups, one row, no rows, under
// FILTER.
#include <gtest/gtest.h>

#include "planner/planner_fixture.h"

namespace skein::core {
namespace {

constexpr PlannerOptions kPartial = {4, JoinChoice::kByCost, AggregateChoice::kPartial};

/// `{}` is where a FILTER goes. Floats are rounded: the order of rows decides about their last digits. What picks a row
/// is asked about values that are all the same.
struct Aggregates {
  const char* name;
  const char* sql;
};

void PrintTo(const Aggregates& aggregates, std::ostream* out) { *out << aggregates.name; }

const Aggregates kAggregates[] = {
    {"Booleans", "bool_and(even){}, bool_or(even){}, bool_and(none = 1){}, count_if(even){}, sum(even){}"},
    {"Bits", "bit_and(un){}, bit_or(n){}, bit_xor(n){}, bit_xor(b){}, bit_or(none){}, bit_and(n::BIT){}"},
    {"Products", "round(pi() * product(1 + f / 1000000){}, 6), product(none){}, product(0 * n){}"},
    {"Nested", "min([n]){}, max([text, NULL]){}, min({'a': s}){}, max({'a': text, 'b': [n]}){}"},
    {"Bignums", "sum(n::BIGNUM){}, sum(none::BIGNUM){}"},
    {"AnyRow",
     "any_value(k % 1){}, first(k % 1){}, last(k % 1){}, arbitrary(k % 1){}, any_value(none){}, first(none){}"},
    {"AnyRowOfTypes",
     "any_value('a' || k % 1){}, first([k % 1]){}, last({'a': k % 1}){}, first((k % 1)::DECIMAL(9,2)){}"},
    {"Variances",
     "round(pi() * var_pop(f){}, 4), round(pi() * var_samp(f){}, 4), round(pi() * variance(d4){}, 4), round(pi() * "
     "stddev(f){}, 6), "
     "round(pi() * stddev_pop(t){}, 6), round(pi() * stddev_samp(r){}, 6), round(pi() * sem(f){}, 6), var_pop(none){}"},
    {"Covariances",
     "round(pi() * covar_pop(f, un){}, 3), round(pi() * covar_samp(f, t){}, 3), round(pi() * corr(f * f, un){}, 9), "
     "corr(none, f){}, "
     "round(pi() * regr_slope(un, f){}, 6), round(pi() * regr_intercept(f * f, f){}, 3), regr_count(t, s){}, "
     "round(pi() * regr_r2(f * f, "
     "f){}, "
     "6), round(pi() * regr_avgx(f, un){}, 6), round(pi() * regr_avgy(f, un){}, 6), round(pi() * regr_sxx(f, un / "
     "100){}, 3), "
     "round(pi() * regr_syy(un / 100, f){}, 3), round(pi() * regr_sxy(f, un / 100){}, 3)"},
    {"Moments",
     "round(pi() * skewness(f * f){}, 6), round(pi() * kurtosis(f * f){}, 4), round(pi() * kurtosis_pop(f * f){}, 4)"},
    {"ExactSums", "fsum(f){}, favg(f){}, kahan_sum(f){}"},
    {"ArgumentsAtEnds",
     "arg_min(text, un){}, arg_max([n], un){}, min_by(n, b){}, argmax(n, f){}, arg_min(n, 'x' || us){}, arg_min(none, "
     "un){}, "
     "arg_max(n, none){}, arg_min_null(none, un){}, arg_max_null(n, un){}, arg_min(nullif(n, 9), day + un::INTEGER){}"},
    {"Sketches",
     "approx_count_distinct(n){}, approx_count_distinct(text){}, approx_count_distinct([t]){}, "
     "approx_count_distinct(none){}, approx_count_distinct(un % 3){}"},
    {"QuantilesOfOneValue",
     "approx_quantile(n % 1 + 7, 0.3){}, approx_quantile((t % 1 - 5)::DECIMAL(9,2), [0.1, 0.9]){}, "
     "approx_quantile(day + (t % 1)::INTEGER, 1.0) FILTER (un = 4321), approx_quantile(none, 0.5){}, "
     "approx_quantile(none::DOUBLE, [0.5]){}, approx_quantile(DISTINCT un % 1, 0.5){}"},
    {"Histograms",
     "histogram(t){}, histogram(text){}, histogram(n % 7){}, histogram([t, NULL]){}, histogram({'a': even}){}, "
     "histogram(d4){}, histogram(none){}, histogram(b){}"},
    {"DistinctHistograms", "histogram(DISTINCT t){}, count(DISTINCT t){}"},
    {"DistinctOfOneArgument",
     "count(DISTINCT t){}, sum(DISTINCT t){}, avg(DISTINCT t){}, min(DISTINCT t){}, max(DISTINCT t){}"},
    {"DistinctBesideOthers",
     "count(DISTINCT t){}, count(*){}, sum(n){}, avg(f){}, min(text){}, round(pi() * var_pop(f){}, 4), first(k % 1){}"},
    {"DistinctStrings", "count(DISTINCT text){}, max(DISTINCT text){}"},
    {"DistinctNulls", "count(DISTINCT none){}, sum(DISTINCT none){}, count(none){}"},
    {"DistinctLists", "count(DISTINCT [t, NULL]){}"},
    {"DistinctHolistic", "median(DISTINCT t){}, count(DISTINCT t){}"},
    {"DistinctVariances", "round(pi() * var_samp(DISTINCT t){}, 6), round(pi() * stddev(DISTINCT t){}, 6)"},
    {"DistinctOfTwoArguments", "count(DISTINCT t){}, count(DISTINCT s){}"},
    {"DistinctBesideHolistic", "count(DISTINCT t){}, median(n){}"},
    {"DistinctFiltered", "count(DISTINCT t) FILTER (even), count(DISTINCT t){}"},
};

class MergedAggregates : public PlannerFixture, public testing::WithParamInterface<Aggregates> {
 protected:
  static void ExpectSame(const std::string& before, const std::string& filter, const std::string& rest) {
    std::string list = GetParam().sql;
    for (auto at = list.find("{}"); at != std::string::npos; at = list.find("{}")) list.replace(at, 2, filter);
    ExpectAnswer("SELECT " + before + list + " FROM numbers " + rest, {kPartial});
  }
};

// One test a list and not one a situation: each test makes its tables first.
TEST_P(MergedAggregates, GiveTheAnswersOfDuckDb) {
  ExpectSame("", "", "");
  ExpectSame("", "", "WHERE un = 4321");
  ExpectSame("", "", "WHERE un IN (4321, 8765)");
  ExpectSame("", "", "WHERE un > 1000000");
  ExpectSame("", " FILTER (WHERE even)", "");
}

TEST_P(MergedAggregates, GiveTheAnswersOfDuckDbByGroups) {
  ExpectSame("k, ", "", "GROUP BY k");
  ExpectSame("none, ", "", "GROUP BY none");
  ExpectSame("un, ", "", "WHERE un < 2500 GROUP BY un");
  ExpectSame("k, ", "", "WHERE un > 1000000 GROUP BY k");
  ExpectSame("k, ", " FILTER (WHERE un % 5 = 2)", "GROUP BY k");
  ExpectSame("k, ", " FILTER (WHERE un > 1000000)", "GROUP BY k");
}

TEST_P(MergedAggregates, GiveTheAnswersOfDuckDbByGroupingSets) {
  ExpectSame("k, t % 3 AS m, grouping(k), ", "", "GROUP BY ROLLUP (k, m)");
  ExpectSame("k, none, grouping(none, k), ", "", "GROUP BY CUBE (k, none)");
  ExpectSame("k, ", " FILTER (WHERE un % 5 = 2)", "GROUP BY GROUPING SETS ((k), ())");
  ExpectSame("k, ", "", "WHERE un > 1000000 GROUP BY GROUPING SETS ((k), ())");
  ExpectSame("k, ", "", "GROUP BY GROUPING SETS ((k), (k), ())");
  ExpectSame("k, grouping(k), ", "", "GROUP BY k");
}

INSTANTIATE_TEST_SUITE_P(Lists, MergedAggregates, testing::ValuesIn(kAggregates),
                         [](const auto& info) { return std::string(info.param.name); });

class MergedQuantiles : public PlannerFixture {};

// A digest of so few values still holds each of them.
TEST_F(MergedQuantiles, OfFewRowsAreThoseOfDuckDb) {
  for (const char* value : {"n", "un", "f", "t::TINYINT", "d4", "un::HUGEINT", "day + (un % 500)::INTEGER"}) {
    const std::string quantiles = "approx_quantile(" + std::string(value) + ", 0.3), approx_quantile(" +
                                  std::string(value) + ", [0.0, 0.5, 0.99])";
    ExpectAnswer("SELECT " + quantiles + " FROM numbers WHERE un < 700", {kPartial});
    ExpectAnswer("SELECT k, " + quantiles + " FROM numbers WHERE un < 700 GROUP BY k", {kPartial});
    ExpectAnswer("SELECT k, " + quantiles + " FROM numbers WHERE un < 700 GROUP BY ROLLUP (k)", {kPartial});
  }
}

TEST_F(MergedQuantiles, OfManyRowsAreAsCloseAsDuckDbs) {
  ExpectAnswer(
      "SELECT bool_and(abs(q - p * most) < 0.01 * most) FROM (SELECT max(un) AS most, unnest(approx_quantile(un, "
      "[0.1, 0.5, 0.9, 0.99])) AS q, unnest([0.1, 0.5, 0.9, 0.99]) AS p FROM numbers)",
      {kPartial});
}

class PickedRows : public PlannerFixture {};

TEST_F(PickedRows, FirstsAreOfOneRow) {
  ExpectAnswer(
      "SELECT count(*) FROM (SELECT k, first(nullif(un, 3)) AS a, first(un + 1) AS b FROM numbers GROUP BY k) "
      "WHERE a + 1 <> b",
      {kPartial});
  ExpectAnswer("SELECT first(un) + 1 = first(un + 1) FROM numbers", {kPartial});
}

TEST_F(PickedRows, FirstIsOfARowThatPassesTheFilter) {
  ExpectAnswer(
      "SELECT first(un) FILTER (un = 77), last(un) FILTER (un = 78), any_value(un) FILTER (un = 79) FROM numbers",
      {kPartial});
}

class StateErrors : public PlannerFixture {};

TEST_F(StateErrors, InfinityIsOutOfRangeAsInDuckDb) {
  const std::string sql = "SELECT stddev(CASE WHEN un = 5 THEN 'inf'::DOUBLE ELSE f END) FROM numbers";
  EXPECT_TRUE(client_->connection().Query("ROLLBACK; " + sql)->HasError());
  client_->connection().BeginTransaction();
  auto query = Plan(sql, kPartial);
  const auto rows = RunOnCluster(query);
  ASSERT_FALSE(rows.ok());
  EXPECT_EQ(DetailOf(rows.status())->duckdb_type(), "Out of Range");
  EXPECT_NE(rows.status().message().find("STDDEV_SAMP is out of range"), std::string::npos);
}

TEST_F(StateErrors, NoNumberIsOutOfRangeAsInDuckDb) {
  const std::string sql = "SELECT var_pop(CASE WHEN un = 5 THEN 'nan'::DOUBLE ELSE f END) FROM numbers";
  EXPECT_TRUE(client_->connection().Query("ROLLBACK; " + sql)->HasError());
  client_->connection().BeginTransaction();
  auto query = Plan(sql, kPartial);
  EXPECT_FALSE(RunOnCluster(query).ok());
}

}  // namespace
}  // namespace skein::core
