#include "plan/distributed_plan.h"

#include <functional>

#include <gtest/gtest.h>

#include "base/error.h"
#include "plan/stage_tree.h"

namespace skein {
namespace {

/// A scan that is hashed into two aggregating tasks, whose rows are gathered for the client.
DistributedPlan MakePlan() {
  DistributedPlan plan;
  Stage scan;
  scan.task_count = 3;
  scan.scans = {{0, "lineitem"}};
  scan.replay_class = ReplayClass::kStream;
  scan.operators = {{0, "FILTER", "a > 1"}, {1, "SCAN", "lineitem"}};
  Stage aggregate;
  aggregate.id = 1;
  aggregate.task_count = 2;
  aggregate.inputs = {0};
  aggregate.output = 1;
  aggregate.is_barrier = true;
  aggregate.operators = {{0, "AGGREGATE", ""}};
  Exchange hash;
  hash.kind = ExchangeKind::kHash;
  hash.consumer = 1;
  hash.keys = "#0";
  hash.ranges = SplitEvenly(2);
  Exchange gather;
  gather.id = 1;
  gather.producer = 1;
  gather.consumer = Exchange::kClient;
  gather.ranges = {PartitionRange::All()};
  plan.stages = {scan, aggregate};
  plan.exchanges = {hash, gather};
  return plan;
}

/// The same, and the aggregating tasks read rows of the client besides, each its share of them.
DistributedPlan MakePlanWithClientRows() {
  auto plan = MakePlan();
  auto& rows = plan.exchanges.emplace_back();
  rows.id = 2;
  rows.kind = ExchangeKind::kRoundRobin;
  rows.producer = Exchange::kClient;
  rows.consumer = 1;
  rows.ranges = SplitEvenly(2);
  plan.stages[1].inputs.push_back(2);
  return plan;
}

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

TEST(StageTree, PrintsStagesFromTheClientDownwards) {
  EXPECT_EQ(ToStageTree(MakePlan()),
            "Client <- exchange 1: gather\n"
            "Stage 1: 2 tasks, replay hold, barrier\n"
            "  AGGREGATE\n"
            "  <- exchange 0: hash(#0) into 2 ranges\n"
            "     Stage 0: 3 tasks, replay stream\n"
            "       FILTER a > 1\n"
            "         SCAN lineitem\n");
}

TEST(StageTree, PutsNotesUnderTheHeaderOfTheirStage) {
  const auto tree = ToStageTree(MakePlan(), {{0, {"first figure", "second figure"}}});
  const auto header = tree.find("Stage 0: 3 tasks");
  ASSERT_NE(header, std::string::npos) << tree;
  const auto first = tree.find("first figure"), second = tree.find("second figure"), filter = tree.find("FILTER");
  EXPECT_TRUE(header < first && first < second && second < filter) << tree;
}

TEST(StageTree, PrintsRowsOfTheClient) {
  const auto tree = ToStageTree(MakePlanWithClientRows());
  const std::string text =
      "         SCAN lineitem\n"
      "  <- exchange 2: round-robin into 2 ranges\n"
      "     client rows\n";
  EXPECT_TRUE(tree.ends_with(text)) << tree;
}

TEST(StageTree, SaysWhyAStageIsSingleAndThatRowsAreOrdered) {
  auto plan = MakePlan();
  plan.stages[1].single_reason = "no rule for WINDOW";
  plan.exchanges[1].is_ordered = true;
  const auto tree = ToStageTree(plan);
  EXPECT_NE(tree.find("single: no rule for WINDOW"), std::string::npos) << tree;
  EXPECT_NE(tree.find("gather ordered"), std::string::npos) << tree;
}

}  // namespace
}  // namespace skein
