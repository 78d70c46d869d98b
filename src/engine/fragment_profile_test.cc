#include "engine/fragment_profile.h"

#include <gtest/gtest.h>

#include "engine/fragment_fixture.h"

namespace skein::core {
namespace {

class FragmentProfileTest : public FragmentFixture {
 protected:
  /// Runs the statement profiled; its operators by name.
  std::vector<OperatorFigures> Profile(const std::string& sql) {
    const auto fragment = MakeFragment(sql);
    ScriptedFeed feed;
    GiveAll(feed, fragment);
    auto task = MakeTask(feed);
    task.is_profiled = true;
    const auto outcome = Run(fragment, task);
    EXPECT_TRUE(outcome.status.ok()) << outcome.status.ToString();
    return outcome.result.operators;
  }

  static uint64_t RowsOf(const std::vector<OperatorFigures>& operators, const std::string& name) {
    for (const auto& figures : operators) {
      if (figures.name == name) return figures.rows;
    }
    ADD_FAILURE() << "no operator " << name;
    return 0;
  }
};

TEST_F(FragmentProfileTest, CountsTheRowsOfEachOperator) {
  const auto operators = Profile("SELECT g, count(*) FROM t GROUP BY g");
  EXPECT_EQ(RowsOf(operators, "SPLIT_SCAN"), 18000u);
  EXPECT_EQ(RowsOf(operators, "EXCHANGE_SINK"), 7u);
}

TEST_F(FragmentProfileTest, IsATreeFromTheSinkDownToTheScan) {
  const auto operators = Profile("SELECT i FROM t WHERE i % 3 = 1");
  ASSERT_GE(operators.size(), 2u);
  EXPECT_EQ(operators.front().name, "EXCHANGE_SINK");
  EXPECT_EQ(operators.front().depth, 0u);
  EXPECT_EQ(operators.back().name, "SPLIT_SCAN");
  EXPECT_EQ(operators.back().depth, operators.size() - 1);
}

TEST_F(FragmentProfileTest, MeasuresTime) {
  uint64_t time_us = 0;
  for (const auto& figures : Profile("SELECT s, count(*) FROM t GROUP BY s")) time_us += figures.time_us;
  EXPECT_GT(time_us, 0u);
}

TEST_F(FragmentProfileTest, IsEmptyWhereNobodyAsked) {
  EXPECT_TRUE(Run(MakeFragment("SELECT i FROM t")).result.operators.empty());
}

}  // namespace
}  // namespace skein::core
