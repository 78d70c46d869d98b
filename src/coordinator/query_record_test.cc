#include "coordinator/query_record.h"

#include <gtest/gtest.h>

namespace skein::core {
namespace {

const SteadyTime kStart{std::chrono::hours(1)};

std::shared_ptr<QueryRecord> MakeRecord(const std::string& sql, uint32_t tasks = 1) {
  QueryInfo query;
  query.sql = sql;
  std::vector<TaskInfo> infos(tasks);
  for (uint32_t task = 0; task < tasks; task++) infos[task].task = task;
  return std::make_shared<QueryRecord>(std::move(query), std::vector<StageInfo>(1), std::move(infos), kStart);
}

TEST(QueryRecord, CountsTimeAndShuffledBytes) {
  const auto record = MakeRecord("select 1", 2);
  for (const uint32_t task : {0u, 1u}) {
    record->UpdateTask(0, task, [&](TaskInfo& info) { info.bytes_out = 10 + task; });
  }
  EXPECT_EQ(record->Query(kStart + std::chrono::milliseconds(2)).wall_us, 2000u);
  record->End("finished", "", kStart + std::chrono::milliseconds(3));
  const auto query = record->Query(kStart + std::chrono::hours(1));
  EXPECT_EQ(query.wall_us, 3000u);
  EXPECT_EQ(query.shuffle_bytes, 21u);
  EXPECT_EQ(query.tasks, 2u);
}

TEST(QueryRecord, ShowsTasksThatDidNotEndAsCancelled) {
  const auto record = MakeRecord("select 1", 2);
  record->UpdateTask(0, 1, [](TaskInfo& info) { info.state = "finished"; });
  record->End("failed", "oh", kStart);
  EXPECT_EQ(record->Tasks()[0].state, "cancelled");
  EXPECT_EQ(record->Tasks()[1].state, "finished");
}

TEST(QueryRecord, ShowsTheFiguresOfItsStages) {
  const auto record = MakeRecord("select 1", 2);
  record->UpdateTask(0, 1, [](TaskInfo& info) {
    info.state = "finished";
    info.rows_out = 5;
  });
  const auto stages = record->Stages();
  ASSERT_EQ(stages.size(), 1u);
  EXPECT_EQ(stages[0].state, "running");
  EXPECT_EQ(stages[0].rows_out, 5u);
  EXPECT_EQ(record->Stages()[0].rows_out, 5u);  // asked again, it is not added again
}

TEST(QueryHistory, CountsWhatRuns) {
  QueryHistory history;
  history.Add(MakeRecord("running"));
  history.Add(MakeRecord("ended"));
  const auto ended = MakeRecord("ended, too");
  ended->End("finished", "", kStart);
  history.Add(ended);
  EXPECT_EQ(history.CountRunning(), 2u);
}

TEST(QueryHistory, KeepsRunningQueriesAndTheLastEndedOnes) {
  QueryHistory history;
  history.Add(MakeRecord("running"));
  for (int i = 0; i < 150; i++) {
    auto record = MakeRecord(std::to_string(i));
    record->End("finished", "", kStart);
    history.Add(record);
  }
  const auto queries = history.Queries(kStart);
  ASSERT_EQ(queries.size(), 1 + QueryHistory::kMaxEnded);
  EXPECT_EQ(queries[0].sql, "running");
  EXPECT_EQ(queries[1].sql, "50");
  EXPECT_EQ(queries.back().sql, "149");
}

}  // namespace
}  // namespace skein::core
