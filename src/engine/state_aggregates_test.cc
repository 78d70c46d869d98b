#include "engine/state_aggregates.h"

#include <gtest/gtest.h>

#include "engine/engine_fixture.h"

namespace skein::core {
namespace {

constexpr int kSeeds = 25;

/// One of DuckDB's aggregates over x and, where it takes two, y.
struct Function {
  const char* name;
  const char* arguments;
};

void PrintTo(const Function& function, std::ostream* out) { *out << function.name; }

const Function kFunctions[] = {
    {"var_pop", "x"},      {"var_samp", "x"},
    {"variance", "x"},     {"stddev", "x"},
    {"stddev_pop", "x"},   {"stddev_samp", "x"},
    {"sem", "x"},          {"skewness", "x"},
    {"kurtosis", "x"},     {"kurtosis_pop", "x"},
    {"fsum", "x"},         {"kahan_sum", "x"},
    {"sumkahan", "x"},     {"favg", "x"},
    {"covar_pop", "y, x"}, {"covar_samp", "y, x"},
    {"corr", "y, x"},      {"regr_avgx", "y, x"},
    {"regr_avgy", "y, x"}, {"regr_count", "y, x"},
    {"regr_r2", "y, x"},   {"regr_slope", "y, x"},
    {"regr_sxx", "y, x"},  {"regr_sxy", "y, x"},
    {"regr_syy", "y, x"},  {"regr_intercept", "y, x"},
};

class StateAggregates : public testing::TestWithParam<Function> {
 protected:
  static void SetUpTestSuite() { client_ = std::make_unique<ClientDuckDb>(); }
  static void TearDownTestSuite() { client_.reset(); }

  /// Says how far the merge of partials, of random rows each, is from the whole, as a share of the whole.
  static double DistanceOf(int seed, const std::string& rows) {
    const std::string name = GetParam().name, call = std::string("(") + GetParam().arguments + ")";
    const auto tasks = std::to_string(1 + seed % 7), merges = std::to_string(1 + seed % 3);
    const auto text = client_->Ask(
        "WITH t AS (FROM (" + rows + ")), p AS (SELECT hash(i * 31 + " + std::to_string(seed) + ") % " + tasks +
        " AS task, " + PartialStateName(name) + call + " AS s FROM t GROUP BY task), c AS (SELECT " +
        CombineStateName(name) + "(s) AS s FROM p GROUP BY task % " + merges +
        ") SELECT CASE WHEN a IS NOT DISTINCT FROM b THEN 0 ELSE coalesce(abs(a - b) / greatest(abs(b), 1e-300), 1) "
        "END "
        "FROM (SELECT " +
        FinalStateName(name) + "(s)::DOUBLE AS a FROM c), (SELECT " + name + call + "::DOUBLE AS b FROM t)");
    return std::stod(text.at(0));
  }

  static inline std::unique_ptr<ClientDuckDb> client_;
};

std::string Rows(int seed, int count) {
  // Far from zero, where sums of squares would cancel; every ninth x and eleventh y is NULL.
  return "SELECT i, CASE WHEN i % 9 <> 4 THEN 1e6 + hash(i + " + std::to_string(seed) +
         ") % 1000 / 7.0 + i END AS x, " + "CASE WHEN i % 11 <> 5 THEN hash(i * 7 + " + std::to_string(seed) +
         ") % 500 / 3.0 - i * 0.25 END AS y FROM range(" + std::to_string(count) + ") r(i)";
}

// Skewness and kurtosis are of sums of powers in DuckDB itself and lose the digits that rows so far from zero take.
bool IsOfPowers() {
  const std::string name = StateAggregates::GetParam().name;
  return name == "skewness" || name == "kurtosis" || name == "kurtosis_pop";
}

TEST_P(StateAggregates, MergeOfRandomPartialsIsTheWhole) {
  for (int seed = 0; seed < kSeeds; seed++) {
    const auto rows = IsOfPowers() ? "SELECT i, x - 1e6 AS x FROM (" + Rows(seed, 5000) + ")" : Rows(seed, 5000);
    EXPECT_LT(DistanceOf(seed, rows), 1e-9) << "seed " << seed;
  }
}

TEST_P(StateAggregates, FewRowsAndNoneGiveWhatDuckDbGives) {
  for (int count = 0; count < 6; count++) {
    const auto rows = "SELECT i, x - 1e6 AS x, y FROM (" + Rows(3, count) + ")";
    EXPECT_LT(DistanceOf(count, rows), 1e-9) << count << " rows";
  }
}

INSTANTIATE_TEST_SUITE_P(Functions, StateAggregates, testing::ValuesIn(kFunctions),
                         [](const auto& info) { return std::string(info.param.name); });

TEST(StateAggregatesOfText, RefuseWhatIsNoState) {
  ClientDuckDb client;
  auto result = client.connection().Query("SELECT skein_final_var_pop('abc'::BLOB)");
  ASSERT_TRUE(result->HasError());
  EXPECT_NE(result->GetError().find("another size"), std::string::npos);
}

}  // namespace
}  // namespace skein::core
