#include "skein/fault_manager.h"

#include <gtest/gtest.h>

#include "random_batches.h"
#include "skein/retryable.h"
#include "temporary_directory.h"

namespace skein {
namespace {

using std::chrono::milliseconds;

class FaultManagerTest : public testing::Test {
 protected:
  FaultManagerTest() : faults_(Config(), [this] { return now_; }) {}

  static FaultConfig Config() {
    FaultConfig config;
    config.retry_delay_ms = 100;
    return config;
  }

  std::chrono::steady_clock::time_point now_{std::chrono::hours(1)};
  FaultManager faults_;
  const arrow::Status lost_ = Retryable(arrow::Status::IOError("worker lost"));
};

TEST_F(FaultManagerTest, GivesOutARetryWhenItsDelayIsOver) {
  const TaskId task{"q", 2, 1};
  EXPECT_EQ(std::get<Retry>(faults_.HandleTaskFailure(task, 7, lost_)).delay_ms, 0);
  EXPECT_EQ(faults_.NextRetry()->attempt, 1U);
  EXPECT_EQ(std::get<Retry>(faults_.HandleTaskFailure(task, 8, lost_)).delay_ms, 100);
  EXPECT_FALSE(faults_.NextRetry());
  EXPECT_EQ(faults_.NextRetryDelayMs(), 100);
  now_ += milliseconds(100);
  const auto retry = faults_.NextRetry();
  ASSERT_TRUE(retry);
  EXPECT_EQ(retry->task, task);
  EXPECT_EQ(retry->attempt, 2U);
  EXPECT_EQ(retry->failed_worker, 8U);
}

TEST_F(FaultManagerTest, FailsWhenATaskHasHadItsAttempts) {
  for (int i = 0; i < 2; i++) faults_.HandleTaskFailure({"q"}, 1, lost_);
  const auto action = faults_.HandleTaskFailure({"q"}, 1, lost_);
  ASSERT_TRUE(std::holds_alternative<Fail>(action));
  EXPECT_NE(std::get<Fail>(action).reason.find("attempts=3"), std::string::npos);
}

TEST_F(FaultManagerTest, DropsWhatWaitsOfAQueryThatHasFailed) {
  faults_.HandleTaskFailure({"q", 0, 0}, 1, lost_);
  faults_.HandleTaskFailure({"q", 0, 1}, 1, arrow::Status::Invalid("no such column"));
  EXPECT_FALSE(faults_.NextRetry());
}

TEST_F(FaultManagerTest, StartsAnewWithAQueryThatItForgot) {
  for (int i = 0; i < 3; i++) faults_.HandleTaskFailure({"q"}, 1, lost_);
  faults_.ForgetQuery("q");
  EXPECT_TRUE(std::holds_alternative<Retry>(faults_.HandleTaskFailure({"q"}, 1, lost_)));
}

TEST_F(FaultManagerTest, CountsWhatItHasSeen) {
  faults_.HandleTaskFailure({"q"}, 1, lost_);
  faults_.HandleTaskFailure({"other"}, 1, arrow::Status::Invalid("no such column"));
  faults_.HandleWorkerFailure(1);
  const auto stats = faults_.GetStats();
  EXPECT_EQ(stats.total_failed_tasks, 2U);
  EXPECT_EQ(stats.total_retries, 1U);
  EXPECT_EQ(stats.given_up_tasks, 1U);
  EXPECT_EQ(stats.pending_retries, 1U);
  EXPECT_EQ(stats.total_worker_failures, 1U);
}

TEST_F(FaultManagerTest, FailsOnAnErrorThatDoesNotSayItMayBeRetried) {
  const auto action = faults_.HandleTaskFailure({"q"}, 1, arrow::Status::IOError("connection lost, please retry"));
  ASSERT_TRUE(std::holds_alternative<Fail>(action));
  EXPECT_NE(std::get<Fail>(action).reason.find("connection lost"), std::string::npos);
  EXPECT_FALSE(faults_.NextRetry());
  EXPECT_EQ(faults_.GetStats().given_up_tasks, 1U);
}

TEST_F(FaultManagerTest, RemovesAWorkerAtTheThreshold) {
  EXPECT_EQ(std::get<MarkUnhealthy>(faults_.HandleWorkerFailure(7)).failures, 1U);
  EXPECT_EQ(std::get<MarkUnhealthy>(faults_.HandleWorkerFailure(7)).failures, 2U);
  EXPECT_EQ(std::get<Remove>(faults_.HandleWorkerFailure(7)).worker, 7U);
  EXPECT_EQ(faults_.GetStats().removed_workers, 1U);
}

TEST_F(FaultManagerTest, ForgetsFailuresOfAWorkerThatWorks) {
  faults_.HandleWorkerFailure(7);
  faults_.HandleWorkerFailure(7);
  faults_.HandleWorkerSuccess(7);
  EXPECT_EQ(std::get<MarkUnhealthy>(faults_.HandleWorkerFailure(7)).failures, 1U);
}

TEST_F(FaultManagerTest, CountsFailuresOfEachWorkerAlone) {
  for (uint32_t worker = 0; worker < 5; worker++) {
    EXPECT_TRUE(std::holds_alternative<MarkUnhealthy>(faults_.HandleWorkerFailure(worker)));
  }
}

TEST_F(FaultManagerTest, HasACheckpointDueWhenTheLastOneIsOld) {
  EXPECT_TRUE(faults_.IsCheckpointDue("q"));
  ASSERT_TRUE(faults_.CreateCheckpoint("q", {0}, {}).ok());
  EXPECT_FALSE(faults_.IsCheckpointDue("q"));
  now_ += milliseconds(Config().checkpoint_interval_ms);
  EXPECT_TRUE(faults_.IsCheckpointDue("q"));
}

TEST_F(FaultManagerTest, ResumesFromTheLowestStageThatIsNotCompleted) {
  const auto rows = RandomBatches(arrow::utf8(), {5, 3}, false, 1);
  ASSERT_TRUE(faults_.CreateCheckpoint("q", {0, 1, 3}, {{1, rows}}).ok());
  const auto plan = *faults_.RecoverFromCheckpoint("q");
  ASSERT_TRUE(plan);
  EXPECT_EQ(plan->resume_from_stage, 2U);
  EXPECT_EQ(plan->completed_stages, (std::vector<uint32_t>{0, 1, 3}));
  ASSERT_EQ(plan->data.at(1).size(), 2U);
  EXPECT_TRUE(plan->data.at(1)[1]->Equals(*rows[1]));
}

TEST_F(FaultManagerTest, KnowsNothingOfAQueryWithoutCheckpoint) {
  ASSERT_TRUE(faults_.CreateCheckpoint("q", {0}, {}).ok());
  EXPECT_FALSE(*faults_.RecoverFromCheckpoint("other"));
  ASSERT_TRUE(faults_.DropCheckpoint("q").ok());
  EXPECT_FALSE(*faults_.RecoverFromCheckpoint("q"));
}

TEST_F(FaultManagerTest, RefusesIdsThatAreNoFileNames) {
  for (const auto* id : {"", "../q", "a.b", "a/b"}) {
    EXPECT_TRUE(faults_.CreateCheckpoint(id, {0}, {}).IsInvalid()) << id;
    EXPECT_TRUE(faults_.RecoverFromCheckpoint(id).status().IsInvalid()) << id;
  }
}

TEST_F(FaultManagerTest, RefusesDataOfStagesThatAreNotCompleted) {
  const auto rows = RandomBatches(arrow::utf8(), {5}, false, 1);
  EXPECT_TRUE(faults_.CreateCheckpoint("q", {0}, {{1, rows}}).IsInvalid());
  EXPECT_TRUE(faults_.CreateCheckpoint("q", {0}, {{0, {}}}).IsInvalid());
}

TEST_F(FaultManagerTest, NamesABatchOfACheckpointThatIsNotThere) {
  const auto status = faults_.CreateCheckpoint("q", {3}, {{3, {nullptr}}});
  EXPECT_TRUE(status.IsInvalid());
  EXPECT_NE(status.message().find("batch 0 of stage 3 is a null pointer"), std::string::npos) << status;
}

TEST(FaultManager, KeepsNoCheckpointWhereThatIsNotEnabled) {
  FaultConfig config;
  config.enable_checkpoints = false;
  FaultManager faults(config);
  EXPECT_FALSE(faults.IsCheckpointDue("q"));
  EXPECT_TRUE(faults.CreateCheckpoint("q", {0}, {}).IsInvalid());
}

}  // namespace
}  // namespace skein
