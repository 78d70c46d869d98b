#include "plan/distributed_plan.h"

#include <functional>

#include <gtest/gtest.h>

#include "base/error.h"
#include "plan/plan_fixture.h"

namespace skein::core {
namespace {

/// Breaks a plan that is right, and expects Validate to say `text`.
void ExpectBreach(const std::function<void(DistributedPlan&)>& change, const std::string& text) {
  auto plan = MakePlan();
  change(plan);
  const auto status = plan.Validate();
  ASSERT_FALSE(status.ok()) << text;
  EXPECT_NE(status.message().find(text), std::string::npos) << status.ToString();
  ASSERT_NE(DetailOf(status), nullptr);
  EXPECT_EQ(DetailOf(status)->fault(), Fault::kInternal);
}

TEST(DistributedPlan, AcceptsAPlanThatIsRight) {
  const auto status = MakePlan().Validate();
  EXPECT_TRUE(status.ok()) << status.ToString();
}

TEST(DistributedPlan, ComparesByValue) {
  auto other = MakePlan();
  EXPECT_EQ(MakePlan(), other);
  other.stages[0].operators[0].detail = "a > 2";
  EXPECT_NE(MakePlan(), other);
}

TEST(DistributedPlan, NamesStagesThatAreWrong) {
  ExpectBreach([](auto& plan) { plan.stages.clear(); }, "a plan needs a stage");
  ExpectBreach([](auto& plan) { plan.stages[1].id = 7; }, "stage 1 has another id");
  ExpectBreach([](auto& plan) { plan.stages[0].task_count = 0; }, "stage 0 has no task");
  ExpectBreach([](auto& plan) { plan.stages[0].inputs = {0}; }, "stage 0 has a wrong input");
  ExpectBreach([](auto& plan) { plan.stages[0].inputs = {9}; }, "stage 0 has a wrong input");
}

TEST(DistributedPlan, NamesEdgesThatAreWrong) {
  ExpectBreach([](auto& plan) { plan.exchanges[1].id = 5; }, "exchange 1 has another id");
  ExpectBreach([](auto& plan) { plan.exchanges[0].producer = 9; }, "exchange 0 has no producer");
  ExpectBreach([](auto& plan) { plan.stages[0].output = 1; }, "exchange 0 has no producer");
  ExpectBreach([](auto& plan) { plan.exchanges[0].consumer = 9; }, "exchange 0 has no consumer");
  ExpectBreach([](auto& plan) { plan.stages[1].inputs.clear(); }, "exchange 0 has no consumer");
  ExpectBreach(
      [](auto& plan) {
        plan.exchanges[0].consumer = Exchange::kClient;
        plan.exchanges[0].kind = ExchangeKind::kGather;
        plan.exchanges[0].ranges = {PartitionRange::All()};
        plan.stages[1].inputs.clear();
      },
      "exactly one exchange");
}

TEST(DistributedPlan, NamesRangesThatAreWrong) {
  ExpectBreach([](auto& plan) { plan.exchanges[0].ranges = SplitEvenly(3); }, "exchange 0: 3 ranges, expected 2");
  ExpectBreach([](auto& plan) { plan.exchanges[0].ranges[1].low++; }, "overlap or leave a gap");
  ExpectBreach([](auto& plan) { plan.exchanges[0].ranges[1].low--; }, "overlap or leave a gap");
  ExpectBreach([](auto& plan) { plan.exchanges[0].ranges[1].high--; }, "do not cover");
  ExpectBreach([](auto& plan) { plan.exchanges[0].kind = ExchangeKind::kGather; }, "gathers into several tasks");
}

TEST(DistributedPlan, AcceptsRowsThatAreStoredOnceAndReadTwice) {
  const auto status = MakePlanWithSharedRows().Validate();
  EXPECT_TRUE(status.ok()) << status.ToString();
}

TEST(DistributedPlan, NamesSharedRowsThatAreWrong) {
  auto plan = MakePlanWithSharedRows();
  plan.exchanges[0].consumer = 1;
  plan.stages[1].inputs.push_back(0);
  EXPECT_NE(plan.Validate().message().find("exchange 2: reads what is not shared"), std::string::npos);
  plan = MakePlanWithSharedRows();
  plan.exchanges[2].ranges = SplitEvenly(3);
  EXPECT_NE(plan.Validate().message().find("exchange 2: has other partitions"), std::string::npos);
}

TEST(DistributedPlan, ForwardsTheRowsOfATaskToOnePartition) {
  Exchange edge;
  edge.kind = ExchangeKind::kForward;
  edge.ranges = SplitEvenly(3);
  EXPECT_EQ(edge.RangesMadeBy(1), std::vector<PartitionRange>{edge.ranges[1]});
  EXPECT_EQ(edge.RangeReadBy(1), edge.ranges[1]);
}

TEST(DistributedPlan, AcceptsRowsOfTheClient) {
  auto plan = MakePlanWithClientRows();
  EXPECT_TRUE(plan.Validate().ok()) << plan.Validate().ToString();
  plan.exchanges[2].kind = ExchangeKind::kBroadcast;
  plan.exchanges[2].ranges = {PartitionRange::All()};
  plan.exchanges.push_back(plan.exchanges[2]);
  plan.exchanges[3].id = 3;
  plan.stages[1].inputs.push_back(3);
  EXPECT_TRUE(plan.Validate().ok()) << plan.Validate().ToString();
}

TEST(DistributedPlan, AcceptsAPlanThatReadsRowsOfTheClientOnly) {
  auto plan = MakePlanWithClientRows();
  plan.stages.erase(plan.stages.begin());
  plan.exchanges.erase(plan.exchanges.begin());
  std::swap(plan.exchanges[0], plan.exchanges[1]);
  plan.exchanges[0].id = 0;
  plan.exchanges[0].consumer = 0;
  plan.exchanges[1].id = 1;
  plan.exchanges[1].producer = 0;
  plan.stages[0].id = 0;
  plan.stages[0].inputs = {0};
  EXPECT_TRUE(plan.Validate().ok()) << plan.Validate().ToString();
}

TEST(DistributedPlan, NamesRowsOfTheClientThatAreWrong) {
  const auto expect = [](const std::function<void(DistributedPlan&)>& change, const std::string& text) {
    ExpectBreach(
        [&](auto& plan) {
          plan = MakePlanWithClientRows();
          change(plan);
        },
        text);
  };
  expect([](auto& plan) { plan.exchanges[2].ranges = SplitEvenly(3); }, "exchange 2: 3 ranges, expected 2");
  expect([](auto& plan) { plan.exchanges[2].kind = ExchangeKind::kGather; }, "gathers into several tasks");
  expect([](auto& plan) { plan.stages[1].inputs.pop_back(); }, "exchange 2 has no consumer");
  expect([](auto& plan) { plan.exchanges[2].consumer = Exchange::kClient; }, "exchange 2 has no producer");
}

}  // namespace
}  // namespace skein::core
