#include "skein/distributed_executor.h"

#include <stdexcept>
#include <thread>

#include "api/api_fixture.h"

namespace skein {
namespace {

class ExecutorTest : public ApiCluster {};

// Runs on the workers until it is cancelled: no test waits for its end.
std::string EndlessOver(const std::string& file) {
  return "SELECT count(*) FROM " + file + " a, " + file + " b, " + file + " c WHERE a.v + b.v + c.v = -1";
}

TEST_F(ExecutorTest, GivesDuckDbsAnswer) {
  StartCluster(2);
  EXPECT_EQ(AskNumber("SELECT sum(v)::BIGINT FROM " + MakeFile()), 99999LL * 100000 / 2);
}

TEST_F(ExecutorTest, PlansWithoutRunning) {
  StartCluster(2);
  const auto plan = Must(executor_->Plan("SELECT k, count(*) FROM " + MakeFile() + " GROUP BY k"));
  ASSERT_EQ(plan.stages().size(), 2U);
  EXPECT_EQ(plan.stages()[0].tasks, 2U);
  EXPECT_EQ(plan.stages()[0].output, ExchangeMethod::kHash);
  EXPECT_TRUE(plan.stages()[1].feeds_client);
  EXPECT_EQ(coordinator_->ClusterStatus().running_queries, 0U);
}

TEST_F(ExecutorTest, RunsAPlanAsOftenAsItIsAsked) {
  StartCluster(2);
  const auto plan = Must(executor_->Plan("SELECT k, count(*) FROM " + MakeFile() + " GROUP BY k"));
  for (int time = 0; time < 3; time++) EXPECT_EQ(Must(executor_->Execute(plan))->num_rows(), 10);
}

TEST_F(ExecutorTest, RunsOnePlanSeveralTimesAtOnce) {
  StartCluster(2);
  const auto plan = Must(executor_->Plan("SELECT k, count(*) FROM " + MakeFile() + " GROUP BY k"));
  std::vector<QueryId> queries;
  for (int time = 0; time < 5; time++) queries.push_back(Must(executor_->Submit(plan)));
  for (const auto query : queries) EXPECT_EQ(Must(executor_->Wait(query))->num_rows(), 10);
}

TEST_F(ExecutorTest, TellsEqualPlansFromOthers) {
  StartCluster(2);
  const auto file = MakeFile();
  const auto plan = Must(executor_->Plan("SELECT k FROM " + file));
  EXPECT_TRUE(plan.Equals(Must(executor_->Plan("SELECT k FROM " + file))));
  EXPECT_FALSE(plan.Equals(Must(executor_->Plan("SELECT k, count(*) FROM " + file + " GROUP BY k"))));
}

TEST_F(ExecutorTest, RefusesAPlanOfAnotherExecutor) {
  StartCluster(1);
  const auto plan = Must(executor_->Plan("SELECT * FROM " + MakeFile()));
  const auto other = Must(DistributedExecutor::Make(coordinator_));
  EXPECT_TRUE(other->Execute(plan).status().IsInvalid());
}

TEST_F(ExecutorTest, KeepsTheBatchesOfResultsSmall) {
  ExecutorConfig config;
  config.batch_size = 1000;
  StartCluster(2, Config(), config);
  const auto rows = Must(executor_->Execute("SELECT v FROM " + MakeFile()));
  ASSERT_EQ(rows->num_rows(), 100000);
  for (const auto& chunk : rows->column(0)->chunks()) EXPECT_LE(chunk->length(), 1000);
}

TEST_F(ExecutorTest, CutsIntoAsManyPartitionsAsConfigured) {
  auto config = Config();
  config.default_partitions = 5;
  StartCluster(2, config);
  const auto sql = "SELECT k, count(*) FROM " + MakeFile() + " GROUP BY k";
  EXPECT_EQ(Must(executor_->Plan(sql)).stages()[1].tasks, 5U);
  EXPECT_EQ(Must(executor_->Execute(sql))->num_rows(), 10);
}

TEST_F(ExecutorTest, RefusesMoreDefaultPartitionsThanItsWorkersHaveSlots) {
  auto config = Config();
  config.default_partitions = 300;
  coordinator_ = Must(Coordinator::Make(config));
  EXPECT_TRUE(DistributedExecutor::Make(coordinator_).ok());  // no worker is there yet
  workers_.push_back(Must(Worker::StartWith(SmallWorker(), coordinator_)));
  const auto status = DistributedExecutor::Make(coordinator_).status();
  EXPECT_TRUE(status.IsInvalid());
  EXPECT_NE(status.message().find("tasks=300 limit=256 workers=1"), std::string::npos) << status;
}

TEST_F(ExecutorTest, RefusesAPlanOfMoreTasksThanItsWorkersHaveSlots) {
  auto config = Config();
  config.default_partitions = 200;
  StartCluster(1, config);
  const auto status = executor_->Plan("SELECT k, count(*) FROM " + MakeFile() + " GROUP BY k").status();
  EXPECT_TRUE(status.IsInvalid());
  EXPECT_NE(status.message().find("tasks=400 limit=256 workers=1"), std::string::npos) << status;
}

TEST_F(ExecutorTest, ErrorsAreThoseOfDuckDb) {
  StartCluster(1);
  const auto failed = executor_->Execute("SELEC 1");
  ASSERT_FALSE(failed.ok());
  EXPECT_NE(failed.status().message().find("syntax error"), std::string::npos);
}

TEST_F(ExecutorTest, SaysThatNoWorkerIsThere) {
  StartCluster(0);
  EXPECT_NE(executor_->Execute("SELECT 1").status().message().find("no worker"), std::string::npos);
}

TEST_F(ExecutorTest, CancelledQueriesEnd) {
  StartCluster(2);
  const auto query = Must(executor_->Submit(EndlessOver(MakeFile())));
  ASSERT_TRUE(executor_->CancelQuery(query).ok());
  EXPECT_TRUE(executor_->Wait(query).status().IsCancelled());
  EXPECT_EQ(Must(executor_->GetQueryStatus(query)).phase, QueryPhase::kCancelled);
  EXPECT_EQ(executor_->ActiveQueryCount(), 0U);
}

TEST_F(ExecutorTest, WaitsInLineWhenEnoughRun) {
  ExecutorConfig config;
  config.max_concurrent_queries = 1;
  config.max_queued_queries = 1;
  StartCluster(2, Config(), config);
  const auto file = MakeFile();
  const auto first = Must(executor_->Submit(EndlessOver(file)));
  while (Must(executor_->GetQueryStatus(first)).phase == QueryPhase::kQueued) std::this_thread::yield();
  const auto second = Must(executor_->Submit("SELECT count(*) FROM " + file));
  EXPECT_EQ(Must(executor_->GetQueryStatus(second)).phase, QueryPhase::kQueued);
  EXPECT_NE(executor_->Submit("SELECT 1").status().message().find("too many queries"), std::string::npos);
  ASSERT_TRUE(executor_->CancelQuery(first).ok());
  EXPECT_TRUE(executor_->Wait(second).ok());
}

TEST_F(ExecutorTest, TellsHowAQueryWent) {
  StartCluster(2);
  const auto query = Must(executor_->Submit("SELECT k, count(*) FROM " + MakeFile() + " GROUP BY k"));
  ASSERT_TRUE(executor_->Wait(query).ok());
  const auto status = Must(executor_->GetQueryStatus(query));
  EXPECT_EQ(status.phase, QueryPhase::kFinished);
  EXPECT_EQ(status.total_tasks, 4U);
  EXPECT_EQ(status.finished_tasks, 4U);
  EXPECT_EQ(status.attempts, 1U);
}

TEST_F(ExecutorTest, RowsAreTakenOnce) {
  StartCluster(1);
  const auto query = Must(executor_->Submit("SELECT 1"));
  EXPECT_TRUE(executor_->Wait(query).ok());
  EXPECT_TRUE(executor_->Wait(query).status().IsKeyError());
}

TEST_F(ExecutorTest, ATaskOverItsTimeEndsTheQuery) {
  ExecutorConfig config;
  config.task_timeout_ms = 50;
  StartCluster(2, Config(), config);
  const auto failed = executor_->Execute(EndlessOver(MakeFile()));
  ASSERT_FALSE(failed.ok());
  EXPECT_NE(failed.status().message().find("task time-out"), std::string::npos);
}

TEST_F(ExecutorTest, TriesAgainOnTheOthersWhenAWorkerIsLost) {
  StartCluster(2);
  const auto file = MakeFile();
  const auto query = Must(executor_->Submit("SELECT count(*) FROM " + file + " a, (FROM " + file +
                                            " WHERE v < 3000) b WHERE (a.v * b.v) % 7 = 3"));
  while (Must(executor_->GetQueryStatus(query)).total_tasks == 0) std::this_thread::yield();
  workers_.pop_back();
  const auto rows = executor_->Wait(query);
  ASSERT_TRUE(rows.ok()) << rows.status().ToString();
  EXPECT_EQ(Must(executor_->GetQueryStatus(query)).attempts, 2U);
}

TEST_F(ExecutorTest, RunsStagesThatWereCutByHand) {
  StartCluster(2);
  const auto file = MakeFile();
  const std::vector<QueryStage> stages = {
      QueryStage(0, SerializedPlan::FromSql("SELECT k, v FROM " + file), 3)
          .WithPartitionStrategy(HashPartitioning{{"k"}, 4})
          .WithShuffle(),
      QueryStage(1, SerializedPlan::FromSql("SELECT k, count(*) AS c FROM stage_0 GROUP BY k"), 4).WithDependency(0)};
  const auto plan = Must(executor_->Plan(stages));
  EXPECT_EQ(plan.stages()[0].tasks, 3U);
  EXPECT_EQ(plan.stages()[1].tasks, 4U);
  EXPECT_EQ(Must(executor_->Execute(plan))->num_rows(), 10);
}

TEST_F(ExecutorTest, CutsByHandIntoRanges) {
  StartCluster(2);
  const std::vector<QueryStage> stages = {
      QueryStage(0, SerializedPlan::FromSql("FROM " + MakeFile()), 2)
          .WithPartitionStrategy(RangePartitioning{"v", {RangeBoundary::Int64(100), RangeBoundary::Int64(500)}}),
      QueryStage(1, SerializedPlan::FromSql("SELECT count(*) AS c FROM stage_0"), 3).WithDependency(0),
      QueryStage(2, SerializedPlan::FromSql("SELECT list(c ORDER BY c)::VARCHAR FROM stage_1"), 1).WithDependency(1)};
  const auto rows = Must(executor_->Execute(Must(executor_->Plan(stages))));
  EXPECT_EQ(Must(rows->column(0)->GetScalar(0))->ToString(), "[100, 400, 99500]");
}

TEST_F(ExecutorTest, ComparesBoundariesAsTheirOwnType) {
  StartCluster(1);
  const std::vector<QueryStage> stages = {
      QueryStage(0, SerializedPlan::FromSql("SELECT range AS v FROM range(5)"), 1)
          .WithPartitionStrategy(RangePartitioning{"v", {RangeBoundary::Double(2.4)}}),
      QueryStage(1, SerializedPlan::FromSql("SELECT max(v) AS most FROM stage_0"), 2).WithDependency(0),
      QueryStage(2, SerializedPlan::FromSql("SELECT list(most ORDER BY most)::VARCHAR FROM stage_1"), 1)
          .WithDependency(1)};
  const auto rows = Must(executor_->Execute(Must(executor_->Plan(stages))));
  EXPECT_EQ(Must(rows->column(0)->GetScalar(0))->ToString(), "[2, 4]");
}

TEST_F(ExecutorTest, RefusesBoundariesThatDoNotAscend) {
  StartCluster(1);
  const std::vector<QueryStage> stages = {
      QueryStage(0, SerializedPlan::FromSql("FROM range(5)"), 1)
          .WithPartitionStrategy(RangePartitioning{"range", {RangeBoundary::Int64(4), RangeBoundary::Int64(2)}}),
      QueryStage(1, SerializedPlan::FromSql("FROM stage_0"), 3).WithDependency(0)};
  EXPECT_FALSE(executor_->Plan(stages).ok());
}

TEST_F(ExecutorTest, RefusesStagesWhoseSqlIsNoText) {
  StartCluster(1);
  const auto refused = executor_->Plan({QueryStage(0, SerializedPlan::FromSql("SELECT '\xff\xfe'"), 1)});
  EXPECT_EQ(refused.status().message(), "stage 0: its SQL is not UTF-8");
}

TEST_F(ExecutorTest, NeverWritesTwice) {
  StartCluster(2);
  const auto file = MakeFile();
  const auto query = Must(executor_->Submit("COPY (SELECT a.v FROM " + file + " a, (FROM " + file +
                                            " WHERE v < 3000) b WHERE (a.v * b.v) % 70000 = 3) TO '" +
                                            (folder_ / "copy.csv").string() + "'"));
  while (Must(executor_->GetQueryStatus(query)).total_tasks == 0) std::this_thread::yield();
  workers_.pop_back();
  EXPECT_FALSE(executor_->Wait(query).ok());
  EXPECT_EQ(Must(executor_->GetQueryStatus(query)).attempts, 1U);
}

TEST_F(ExecutorTest, ErrorsOfItsUsersCodeAreErrors) {
  class Throws : public WorkerResolver {
    arrow::Result<std::vector<std::string>> Resolve() override { throw std::runtime_error("no list"); }
  };
  auto config = Config();
  config.worker_resolver = std::make_shared<Throws>();
  StartCluster(0, config);
  EXPECT_NE(executor_->Execute("SELECT 1").status().message().find("no list"), std::string::npos);
}

TEST_F(ExecutorTest, RefusesPartitionsThatDoNotFit) {
  StartCluster(1);
  const std::vector<QueryStage> stages = {
      QueryStage(0, SerializedPlan::FromSql("FROM " + MakeFile()), 2).WithPartitionStrategy(HashPartitioning{{"k"}, 3}),
      QueryStage(1, SerializedPlan::FromSql("FROM stage_0"), 4).WithDependency(0)};
  const auto refused = executor_->Plan(stages);
  ASSERT_FALSE(refused.ok());
  EXPECT_NE(refused.status().message().find("stage 0 is partitioned into 3, but stage 1"), std::string::npos);
}

TEST_F(ExecutorTest, RefusesWhatIsNotThereYet) {
  StartCluster(0);
  ExecutorConfig config;
  config.adaptive_execution = true;
  EXPECT_TRUE(DistributedExecutor::Make(coordinator_, config).status().IsNotImplemented());
}

/// Wants three tasks of every scan, and remembers what it was told.
class ThreeTasks : public TaskEstimator {
 public:
  std::optional<uint32_t> EstimateTasks(const ScanFacts& scan) override {
    facts = scan;
    return 3;
  }
  ScanFacts facts;
};

TEST_F(ExecutorTest, AsksTheTaskEstimator) {
  const auto estimator = std::make_shared<ThreeTasks>();
  auto config = Config();
  config.task_estimator = estimator;
  StartCluster(2, config);
  const auto sql = "SELECT k, count(*) FROM " + MakeFile() + " GROUP BY k";
  const auto plan = Must(executor_->Plan(sql));
  EXPECT_EQ(plan.stages()[0].tasks, 3U);
  EXPECT_EQ(plan.stages()[1].tasks, 2U);
  EXPECT_EQ(estimator->facts.name, "numbers.parquet");
  EXPECT_EQ(estimator->facts.estimated_rows, 100000U);
  EXPECT_EQ(Must(executor_->Execute(plan))->num_rows(), 10);
}

}  // namespace
}  // namespace skein
