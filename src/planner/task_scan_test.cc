#include "planner/task_scan.h"

#include <gtest/gtest.h>

#include "planner/planner_fixture.h"

namespace skein::core {
namespace {

class TaskScans : public PlannerFixture {
 protected:
  static constexpr char kMine[] = "FROM range(1000) t(i) WHERE i % skein_task_count() = skein_task_index()";

  static std::vector<uint32_t> TasksOf(const std::string& sql) {
    std::vector<uint32_t> tasks;
    for (const auto& stage : Plan(sql, {4}).plan.stages) tasks.push_back(stage.task_count);
    return tasks;
  }
};

TEST_F(TaskScans, RunInEveryTask) {
  EXPECT_EQ(TasksOf(std::string("SELECT i % 7 AS k, count(*) ") + kMine + " GROUP BY k"),
            (std::vector<uint32_t>{4, 4}));
}

TEST_F(TaskScans, CoverAllRowsOnce) {
  ExpectAnswer(std::string("SELECT i * 2 ") + kMine);
  ExpectAnswer(std::string("SELECT i % 7 AS k, count(*), sum(i) ") + kMine + " GROUP BY k");
  ExpectAnswer(std::string("SELECT count(*) ") + kMine + " AND i > 500");
}

TEST_F(TaskScans, ReadFilesOfTheirOwnChoice) {
  for (const auto* name : {"a", "b", "c", "d", "e"}) {
    client_->Ask("COPY (SELECT i FROM range(100) t(i)) TO '" + dir_->path(std::string("part_") + name + ".txt") + "'");
  }
  ExpectAnswer("SELECT parse_filename(filename), size, md5(content) FROM read_text('" + dir_->path("part_*.txt") +
               "') WHERE hash(filename) % skein_task_count() = skein_task_index()");
}

TEST_F(TaskScans, JoinWithSplitScans) {
  ExpectAnswer(std::string("SELECT l_flag, count(*) FROM lines JOIN (SELECT i ") + kMine +
               ") ON l_id = i GROUP BY l_flag");
}

TEST_F(TaskScans, AreNoneOverRowsThatAreDistributedAlready) {
  const std::string over_split = "SELECT count(*) FROM lines WHERE l_id % skein_task_count() = skein_task_index()";
  ExpectAnswer(over_split);
  const auto plan = Plan(over_split, {4}).plan;
  EXPECT_EQ(plan.stages.back().task_count, 1U);
  EXPECT_NE(plan.stages.back().single_reason.find("asks for its task"), std::string::npos);
}

TEST_F(TaskScans, AreNoneOverTablesOfTheClient) {
  client_->Ask("CREATE OR REPLACE TABLE kept AS SELECT i FROM range(100) t(i)");
  auto plan = client_->Optimize("SELECT i FROM kept WHERE i % skein_task_count() = skein_task_index()");
  EXPECT_EQ(FindTaskScan(*plan.root), nullptr);
}

TEST_F(TaskScans, AreTheFirstOfOneOutsideOfTheCluster) {
  EXPECT_EQ(client_->Ask("SELECT skein_task_index(), skein_task_count()"), std::vector<std::string>{"0|1|"});
}

}  // namespace
}  // namespace skein::core
