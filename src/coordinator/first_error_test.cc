#include "coordinator/first_error.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "coordinator/fakes.h"
#include "worker/wire_convert.h"

namespace skein::core {
namespace {

/// Two tasks of a stage with one scan; they run on workers of their own.
class FirstErrorTest : public testing::Test {
 protected:
  FirstErrorTest() {
    plan_.stages.resize(1);
    plan_.stages[0].task_count = 2;
    plan_.stages[0].scans = {{0, "lineitem"}};
    plan_.exchanges.resize(1);
    plan_.exchanges[0].consumer = Exchange::kClient;
    plan_.exchanges[0].ranges = {PartitionRange::All()};
    const auto link = std::make_shared<FakeConnection>();
    tasks_ = std::make_unique<TaskTable>(
        plan_, QueryId{1, 2},
        std::vector<QueryWorker>{{4, 40, "a:1", "a:2", 1, 1, link}, {7, 70, "b:1", "b:2", 1, 1, link}}, 0);
    for (auto& task : tasks_->tasks(0)) task.state = TaskState::kRunning;
    first_ = std::make_unique<FirstError>(plan_, *tasks_);
  }

  TaskEntry& task(uint32_t number) { return tasks_->tasks(0)[number]; }

  /// The end of a task that had begun splits `ended` and `open`; the last of them was begun last.
  wire::TaskFailed Failed(const TaskKey& key, const std::string& text, const std::vector<SplitId>& ended,
                          const std::vector<SplitId>& open) {
    wire::TaskFailed failed;
    *failed.mutable_name() = ToWire(key);
    *failed.mutable_error() = ToWire(UserError(text, "Conversion"));
    const auto add = [&](const std::vector<SplitId>& splits, bool is_open) {
      for (const SplitId split : splits) {
        auto& begun = *failed.add_begun();
        begun.set_split(split);
        begun.set_is_open(is_open);
        failed.set_split(split);
      }
    };
    add(ended, false);
    add(open, true);
    return failed;
  }
  std::optional<OrderedRun> Add(uint32_t number, const std::string& text, const std::vector<SplitId>& ended,
                                const std::vector<SplitId>& open) {
    task(number).state = TaskState::kFailed;
    return first_->Add(task(number), Failed(task(number).key, text, ended, open));
  }
  std::string text() const { return first_->status().message(); }

  DistributedPlan plan_;
  std::unique_ptr<TaskTable> tasks_;
  std::unique_ptr<FirstError> first_;
};

TEST_F(FirstErrorTest, IsOfTheLowestSplitWhenItsTaskFailsFirst) {
  Add(0, "third", {}, {3});
  Add(1, "fifth", {}, {5});
  EXPECT_EQ(text(), "third");
}

TEST_F(FirstErrorTest, IsOfTheLowestSplitWhenItsTaskFailsLast) {
  Add(1, "fifth", {}, {5});
  Add(0, "third", {}, {3});
  EXPECT_EQ(text(), "third");
}

TEST_F(FirstErrorTest, WaitsForTasksThatMayHaveLowerSplits) {
  Add(1, "fifth", {}, {5});
  EXPECT_FALSE(first_->IsSettled());
  task(0).state = TaskState::kFinished;
  EXPECT_TRUE(first_->IsSettled());
}

TEST_F(FirstErrorTest, LimitsSplitsToThoseThatMayHoldAnEarlierError) {
  Add(1, "one of two", {2}, {4, 6});
  EXPECT_EQ(first_->LimitOf({0, 0}), 6u);
  const auto run = first_->Add(task(0), Failed(task(0).key, "third", {}, {3}));
  EXPECT_FALSE(run);
  EXPECT_EQ(first_->LimitOf({0, 0}), 3u);
}

TEST_F(FirstErrorTest, RunsOpenSplitsAgainInTheirOrder) {
  const auto run = Add(0, "any", {0}, {7, 5});
  ASSERT_TRUE(run);
  EXPECT_EQ(run->task.key.attempt, 1u);
  EXPECT_EQ(run->splits.at(0), (std::vector<SplitId>{5, 7}));
  EXPECT_TRUE(first_->IsOrderedRun(ToWire(run->task.key)));
  EXPECT_FALSE(first_->IsSettled());
}

TEST_F(FirstErrorTest, ThenRunsLowerEndedSplitsWhoseRowsMayHaveBeenKeptBack) {
  const auto run = Add(0, "seventh", {0, 2, 6}, {7, 5});
  const auto failed = Failed(run->task.key, "fifth", {}, {5});
  const auto next = first_->EndOrderedRun(failed.name(), &failed);
  EXPECT_EQ(text(), "fifth");
  ASSERT_TRUE(next);
  EXPECT_EQ(next->task.key.attempt, 2u);
  EXPECT_EQ(next->splits.at(0), (std::vector<SplitId>{0, 2}));
}

TEST_F(FirstErrorTest, KeepsTheErrorThatNoOrderedRunMeetsAgain) {
  const auto run = Add(0, "of two threads", {}, {7, 5});
  EXPECT_FALSE(first_->EndOrderedRun(ToWire(run->task.key), nullptr));
  EXPECT_EQ(text(), "of two threads");
  EXPECT_FALSE(first_->IsOrderedRun(ToWire(run->task.key)));
}

TEST_F(FirstErrorTest, ReadsAllSplitsAgainWhereAFragmentHasTwoScans) {
  plan_.stages[0].scans.push_back({1, "orders"});
  const auto run = Add(0, "any", {0}, {7, 5});
  ASSERT_TRUE(run);
  EXPECT_EQ(run->splits.at(0), (std::vector<SplitId>{0, 5, 7}));
  EXPECT_EQ(first_->LimitOf({0, 0}), UINT32_MAX);
}

TEST(PlainOrder, PutsTheBuildSideOfAJoinBeforeItsProbeSide) {
  DistributedPlan plan;
  plan.stages.resize(3);
  plan.exchanges.resize(3);
  for (StageId stage = 0; stage < 3; stage++) {
    plan.stages[stage].id = stage;
    plan.stages[stage].output = stage;
    plan.exchanges[stage].producer = stage;
  }
  plan.stages[2].inputs = {0, 1};
  EXPECT_EQ(PlainOrderOf(plan), (std::vector<uint32_t>{1, 0, 2}));
}

/// Stages that each read the one before twice: `depth` levels have 2^depth ways down.
DistributedPlan MakeLadder(uint32_t depth) {
  DistributedPlan plan;
  for (StageId stage = 0; stage < depth; stage++) {
    Exchange exchange;
    exchange.id = stage;
    exchange.producer = stage;
    plan.exchanges.push_back(exchange);
    Stage next;
    next.id = stage;
    next.output = stage;
    if (stage > 0) next.inputs = {stage - 1, stage - 1};
    plan.stages.push_back(next);
  }
  return plan;
}

TEST(PlainOrder, LooksAtASharedStageOnce) {
  const auto ranks = PlainOrderOf(MakeLadder(64));
  for (uint32_t stage = 0; stage < 64; stage++) EXPECT_EQ(ranks[stage], stage);
}

}  // namespace
}  // namespace skein::core
