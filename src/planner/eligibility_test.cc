#include "planner/eligibility.h"

#include <gtest/gtest.h>

#include "duckdb/main/extension/extension_loader.hpp"
#include "engine/known_functions.h"
#include "planner/planner_fixture.h"

namespace skein::core {
namespace {

class Eligibilities : public PlannerFixture {
 protected:
  static Eligibility Look(const std::string& sql) {
    static const auto functions = KnownFunctions::OfDuckDb();
    auto plan = client_->Optimize(sql);
    return Examine(client_->context(), *plan.root, functions);
  }
  static void ExpectRefused(const std::string& sql, const std::string& word) {
    const auto found = Look(sql);
    EXPECT_NE(found.reason.find(word), std::string::npos) << sql << ": '" << found.reason << "'";
  }
};

void Identity(duckdb::DataChunk& args, duckdb::ExpressionState&, duckdb::Vector& result) {
  result.Reference(args.data[0]);
}

TEST_F(Eligibilities, TakesAQueryOverParquet) {
  const auto found = Look("SELECT l_flag, upper(l_flag), sum(l_price) FROM lines WHERE l_id > 5 GROUP BY ALL");
  EXPECT_EQ(found.reason, "");
  EXPECT_TRUE(found.has_split_scan);
  EXPECT_GT(found.scanned_rows, 0u);
}

TEST_F(Eligibilities, TakesRowsOfTheClientAlong) {
  client_->Ask("CREATE OR REPLACE TABLE kept AS SELECT 1 AS k");
  const auto found = Look("SELECT * FROM lines JOIN kept ON l_id = k");
  EXPECT_EQ(found.reason, "");
  EXPECT_TRUE(found.has_client_scan);
}

TEST_F(Eligibilities, RefusesAFunctionOfTheUser) {
  duckdb::ExtensionLoader loader(*client_->context().db, "test");
  loader.RegisterFunction(
      duckdb::ScalarFunction("mine", {duckdb::LogicalType::BIGINT}, duckdb::LogicalType::BIGINT, Identity));
  ExpectRefused("SELECT mine(l_id) FROM lines", "mine");
  ExpectRefused("SELECT sum(1 + mine(l_id)) FROM lines", "mine");
}

TEST_F(Eligibilities, RefusesAFunctionOfTheUserInAScanOrALambda) {
  duckdb::ExtensionLoader loader(*client_->context().db, "test");
  loader.RegisterFunction(
      duckdb::ScalarFunction("hidden", {duckdb::LogicalType::BIGINT}, duckdb::LogicalType::BIGINT, Identity));
  for (const char* condition : {"hidden(l_id) = 7", "hidden(l_id) IN (3, 5) OR l_id > 11000"}) {
    ExpectRefused(std::string("SELECT count(*) FROM lines WHERE ") + condition, "hidden");
  }
  ExpectRefused("SELECT list_transform([l_id], lambda x: hidden(x)) FROM lines", "hidden");
  ExpectRefused("SELECT l_id FROM lines WHERE list_filter([l_id], lambda x: [hidden(y) for y in [x]] = [3]) = []",
                "hidden");
}

TEST_F(Eligibilities, RefusesAnOverloadOfTheUser) {
  duckdb::ExtensionLoader loader(*client_->context().db, "test");
  duckdb::ScalarFunction mine("sqrt", {duckdb::LogicalType::VARCHAR}, duckdb::LogicalType::VARCHAR, Identity);
  loader.AddFunctionOverload(mine);
  ExpectRefused("SELECT sqrt(l_flag) FROM lines", "sqrt");
  EXPECT_EQ(Look("SELECT sqrt(l_id), sqrt(l_weight), l_id + 1 FROM lines").reason, "");
}

TEST_F(Eligibilities, RefusesWhatIsAskedOfTheClientInALambda) {
  for (const char* call : {"now()", "current_schema()", "current_database()", "txid_current()", "current_query()"}) {
    ExpectRefused(std::string("SELECT list_transform([l_id], lambda x: ") + call + ") FROM lines",
                  "client's own state");
  }
  ExpectRefused("SELECT stats(l_id) FROM lines", "stats");
  // DuckDB has made constants of them.
  EXPECT_EQ(Look("SELECT l_id, now(), current_schema(), current_date FROM lines").reason, "");
}

TEST_F(Eligibilities, RefusesFunctionsThatReadTheClient) {
  client_->Ask("CREATE SEQUENCE numbering");
  ExpectRefused("SELECT nextval('numbering'), l_id FROM lines", "nextval");
  ExpectRefused("SELECT current_query(), l_id FROM lines", "current_query");
}

TEST_F(Eligibilities, RefusesARecursiveTermThatScans) {
  const std::string scans =
      "WITH RECURSIVE r(x) AS (SELECT 0::BIGINT UNION SELECT l_id FROM r, lines WHERE l_order = x) ";
  ExpectRefused(scans + "SELECT count(*) FROM r", "recursive");
  EXPECT_EQ(Look("WITH RECURSIVE r(x) AS (SELECT 0 UNION ALL SELECT x + 1 FROM r WHERE x < 5) "
                 "SELECT count(*) FROM r, lines WHERE l_id = x")
                .reason,
            "");
}

TEST_F(Eligibilities, RefusesAPositionalJoin) {
  ExpectRefused("SELECT * FROM lines POSITIONAL JOIN orders", "POSITIONAL");
}

TEST_F(Eligibilities, RefusesAnAsofJoinThatGivesUnmatchedRightRows) {
  for (const char* type : {"RIGHT", "FULL"}) {
    ExpectRefused(
        std::string("SELECT l_id, o_id FROM lines ASOF ") + type + " JOIN orders ON l_order = o_id AND l_id >= o_id",
        "ASOF");
  }
}

TEST_F(Eligibilities, KeepsAStatementWithAnAsofJoinByBlobsOrBits) {
  const std::string sql = "SELECT l_id FROM lines ASOF JOIN orders ON l_id >= o_id AND ";
  for (const char* keys : {"l_flag::BLOB = (o_priority::VARCHAR)::BLOB", "l_order::BIT = o_id::BIT",
                           "l_order::BIT IS NOT DISTINCT FROM o_id::BIT", "[l_order::BIT] = [o_id::BIT]"}) {
    ExpectRefused(sql + keys, "ASOF join by a BLOB or BIT");
    EXPECT_TRUE(Look(sql + keys).keeps_all) << keys;
  }
  EXPECT_EQ(Look(sql + "l_flag = o_priority::VARCHAR").reason, "");
}

TEST_F(Eligibilities, KeepsAStatementThatChoosesBetweenArrays) {
  const std::string sql = "SELECT CASE WHEN l_id > 3 THEN x ELSE y END FROM (SELECT *, ";
  for (const char* columns : {"[l_id, 1]::BIGINT[2] AS x, [l_id, 2]::BIGINT[2] AS y",
                              "{'a': [l_id, 1]::BIGINT[2]} AS x, {'a': [l_id, 2]::BIGINT[2]} AS y"}) {
    ExpectRefused(sql + columns + " FROM lines)", "CASE chooses between arrays");
    EXPECT_TRUE(Look(sql + columns + " FROM lines)").keeps_all) << columns;
  }
  EXPECT_EQ(Look(sql + "[l_id, 1] AS x, [l_id, 2] AS y FROM lines)").reason, "");
}

TEST_F(Eligibilities, KeepsAStatementThatLooksUpArrays) {
  for (const char* value : {"[o_id, 1, 2]::BIGINT[3]", "{'a': [o_id, 1, 2]::BIGINT[3]}"}) {
    const auto sql =
        "SELECT l_id, (SELECT " + std::string(value) + " FROM orders WHERE o_id = l_order) AS x FROM lines";
    ExpectRefused(sql, "a subquery gives an array");
    EXPECT_TRUE(Look(sql).keeps_all) << value;
  }
  EXPECT_EQ(Look("SELECT l_id, (SELECT [o_id, 1, 2] FROM orders WHERE o_id = l_order) FROM lines").reason, "");
  EXPECT_EQ(Look("SELECT l_id, x FROM lines LEFT JOIN (SELECT o_id, [o_id, 1, 2]::BIGINT[3] AS x FROM orders) "
                 "ON o_id = l_order")
                .reason,
            "");
}

TEST_F(Eligibilities, KeepsAStatementThatComparesListsByAnyOrAll) {
  for (const char* list : {"[%]", "{'a': [%]}", "map {%: 1}", "[[%]]::BIGINT[][1]"}) {
    const auto of = [&](const std::string& column) {
      std::string value = list;
      return value.replace(value.find('%'), 1, column);
    };
    for (const char* comparison : {"<> ANY", "= ALL", "<= ANY", "> ALL"}) {
      const auto sql = "SELECT * FROM (SELECT " + of("l_id") + " " + comparison + " (SELECT " + of("o_id") +
                       " FROM orders) AS m FROM lines) JOIN orders ON m = (o_id = 1)";
      ExpectRefused(sql, "compares lists");
      EXPECT_TRUE(Look(sql).keeps_all) << sql;
    }
  }
}

TEST_F(Eligibilities, TakesListsThatAreComparedByKeysOrOneByOne) {
  for (const char* sql : {"SELECT [l_id] IN (SELECT [o_id] FROM orders) FROM lines",
                          "SELECT [l_id] <> ALL (SELECT [o_id] FROM orders) FROM lines",
                          "SELECT [l_id] > ANY (SELECT [o_id] FROM orders WHERE o_id = l_order) FROM lines",
                          "SELECT l_id > ANY (SELECT o_id FROM orders) FROM lines",
                          "SELECT l_id::VARIANT > ANY (SELECT o_id::VARIANT FROM orders) FROM lines",
                          "SELECT l_id FROM lines, orders WHERE [l_id] > [o_id]"}) {
    EXPECT_EQ(Look(sql).reason, "") << sql;
    EXPECT_FALSE(Look(sql).keeps_all) << sql;
  }
}

TEST_F(Eligibilities, KeepsTheOrderAboveAMaterializedCte) {
  const auto plan = client_->Optimize(
      "WITH m AS MATERIALIZED (SELECT l_id FROM lines) SELECT a.l_id FROM m a JOIN m b USING (l_id) ORDER BY 1");
  EXPECT_TRUE(DeliversOrder(*plan.root));
}

TEST_F(Eligibilities, NeverPartitionsByAVolatileKey) {
  const auto query = Plan("SELECT floor(random() * 3), median(l_id) FROM lines GROUP BY 1", {4});
  for (const auto& exchange : query.plan.exchanges) EXPECT_NE(exchange.kind, ExchangeKind::kHash);
}

TEST_F(Eligibilities, NeverPartitionsByALeftKeyThatMayFail) {
  const auto kinds_of = [](const std::string& sql) {
    std::set<ExchangeKind> kinds;
    for (const auto& exchange : Plan(sql, {4, JoinChoice::kRepartition}).plan.exchanges) kinds.insert(exchange.kind);
    return kinds;
  };
  for (const char* type : {"", "LEFT ", "SEMI "}) {
    const auto join = std::string("SELECT l_id FROM lines ") + type + "JOIN orders ON ";
    EXPECT_FALSE(kinds_of(join + "l_flag::INT = o_id::INT").contains(ExchangeKind::kHash)) << type;
    EXPECT_TRUE(kinds_of(join + "l_flag::INT = o_id::INT AND l_order = o_id").contains(ExchangeKind::kHash)) << type;
    for (const char* fails :
         {"l_id::DECIMAL(38, 6)::INT = o_id::INT", "l_id::SMALLINT = o_id::SMALLINT", "l_id::DOUBLE::INT = o_id::INT",
          "(l_id::DECIMAL(38, 6) + 1)::INT % 7 = o_id::INT", "l_id::DECIMAL(18, 0) = o_id::DECIMAL(18, 0)",
          "l_id::UBIGINT = o_id::UBIGINT", "l_id::HUGEINT::DECIMAL(38, 0) = o_id::DECIMAL(38, 0)",
          "chr(l_id::INT) = chr(o_id::INT)", "abs(l_id) = o_id", "substr(l_flag, l_id) = o_id::VARCHAR",
          "l_flag[l_id] = o_id::VARCHAR", "substr(l_flag, 5000000000) = o_id::VARCHAR", "now() = o_id::TIMESTAMPTZ",
          "list_transform([l_flag], lambda x: x::INT) = [o_id::INT]"})
      EXPECT_FALSE(kinds_of(join + fails).contains(ExchangeKind::kHash)) << type << fails;
    for (const char* safe :
         {"l_id::HUGEINT = o_id::HUGEINT", "l_id::DOUBLE = o_id::DOUBLE", "l_id::VARCHAR = o_id::VARCHAR",
          "l_id::DECIMAL(19, 0) = o_id::DECIMAL(19, 0)", "lower(l_flag) = o_id::VARCHAR",
          "substr(l_flag, 1, 2) = o_id::VARCHAR", "coalesce(l_id, l_order) = o_id", "[l_id] = [o_id]",
          "[l_flag][l_id] = o_id::VARCHAR", "l_flag[2] = o_id::VARCHAR"})
      EXPECT_TRUE(kinds_of(join + safe).contains(ExchangeKind::kHash)) << type << safe;
  }
}

// Each of several tasks might take another of the rows that are equal, or come first.
TEST_F(Eligibilities, ChoosesAmongConstantsInOneTask) {
  const std::string constants = "(SELECT unnest(range(9000)) % 77 AS v)";
  for (const std::string& chosen :
       {"SELECT DISTINCT v FROM " + constants, "SELECT v FROM " + constants + " LIMIT 30",
        "SELECT v, row_number() OVER () FROM " + constants,
        "SELECT v % 5 AS v, any_value(v) FROM " + constants + " GROUP BY 1",
        "SELECT v FROM " + constants + " ORDER BY v % 3 LIMIT 5", "SELECT DISTINCT ON (v % 4) v FROM " + constants}) {
    const auto query =
        Plan("SELECT l_id, x.* FROM lines JOIN (" + chosen + ") x ON l_id = x.v", {4, JoinChoice::kBroadcast});
    const auto& exchanges = query.plan.exchanges;
    EXPECT_TRUE(std::any_of(exchanges.begin(), exchanges.end(), [](const auto& exchange) {
      return exchange.kind == ExchangeKind::kBroadcast;
    })) << chosen;
  }
}

}  // namespace
}  // namespace skein::core
