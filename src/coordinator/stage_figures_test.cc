#include "coordinator/stage_figures.h"

#include <gtest/gtest.h>

namespace skein::core {
namespace {

TaskInfo Task(StageId stage, const std::string& state, uint64_t rows_in = 0) {
  TaskInfo task;
  task.stage = stage;
  task.state = state;
  task.rows_in = rows_in;
  return task;
}

StageInfo Summarize(const std::vector<TaskInfo>& tasks) {
  StageInfo stage;
  SummarizeTasks(tasks, stage);
  return stage;
}

TEST(StageFigures, DescribeTheStagesOfAPlan) {
  DistributedPlan plan;
  plan.stages.resize(1);
  plan.stages[0].task_count = 3;
  plan.stages[0].operators = {{0, "FILTER", "a > 1", {}, {}, {}}, {1, "SCAN", "t", {}, {}, {}}};
  plan.exchanges.resize(1);
  plan.exchanges[0].kind = ExchangeKind::kHash;
  plan.exchanges[0].keys = "#0";
  const auto stages = DescribeStages(QueryId(), plan);
  ASSERT_EQ(stages.size(), 1u);
  EXPECT_EQ(stages[0].operators, "FILTER a > 1, SCAN t");
  EXPECT_EQ(stages[0].tasks, 3u);
  EXPECT_EQ(stages[0].exchange, ExchangeKind::kHash);
  EXPECT_EQ(stages[0].keys, "#0");
  EXPECT_EQ(stages[0].state, "waiting");
}

TEST(StageFigures, SumWhatTheOwnTasksReport) {
  auto first = Task(0, "finished", 10), second = Task(0, "finished", 30);
  first.wall_us = 5, first.cpu_us = 8, first.spill_bytes = 100;
  second.wall_us = 7, second.cpu_us = 9, second.spill_bytes = 1;
  const auto stage = Summarize({first, second, Task(1, "failed", 1000)});
  EXPECT_EQ(stage.rows_in, 40u);
  EXPECT_EQ(stage.wall_us, 7u);
  EXPECT_EQ(stage.cpu_us, 17u);
  EXPECT_EQ(stage.spill_bytes, 101u);
  EXPECT_EQ(stage.state, "finished");
}

TEST(StageFigures, SkewIsTheLargestTaskByTheMean) {
  EXPECT_EQ(Summarize({Task(0, "finished", 10), Task(0, "finished", 30)}).skew, 1.5);
  EXPECT_EQ(Summarize({Task(0, "finished", 20), Task(0, "finished", 20)}).skew, 1.0);
  EXPECT_EQ(Summarize({Task(0, "finished"), Task(0, "finished")}).skew, std::nullopt);
}

TEST(StageFigures, StateIsThatOfTheTasks) {
  EXPECT_EQ(Summarize({Task(0, "waiting"), Task(0, "waiting")}).state, "waiting");
  EXPECT_EQ(Summarize({Task(0, "finished"), Task(0, "waiting")}).state, "running");
  EXPECT_EQ(Summarize({Task(0, "finished"), Task(0, "cancelled")}).state, "cancelled");
  EXPECT_EQ(Summarize({Task(0, "cancelled"), Task(0, "failed")}).state, "failed");
}

TEST(StageFigures, LostWorkersAreNoCapacity) {
  WorkerInfo busy, idle, lost;
  busy.state = idle.state = "ready";
  lost.state = "lost";
  busy.threads = idle.threads = lost.threads = 2;
  busy.utilisation = 1;
  busy.running_tasks = 3;
  const auto status = SummarizeWorkers({busy, idle, lost});
  EXPECT_EQ(status.active_workers, 2u);
  EXPECT_EQ(status.total_workers, 3u);
  EXPECT_EQ(status.threads, 4u);
  EXPECT_EQ(status.running_tasks, 3u);
  EXPECT_EQ(status.utilisation, 0.5);
}

}  // namespace
}  // namespace skein::core
