#include "base/error.h"
#include "worker/worker_fixture.h"

namespace skein::core {
namespace {

/// A worker whose engine gives itself up in the task "break".
class WorkerHealth : public WorkerFixture {
 protected:
  WorkerHealth() {
    engine_->Add("break", [this](const TaskContext&, Gate&) -> arrow::Result<TaskResult> {
      engine_->GiveUp(InternalError("a bug inside"));
      return InternalError("a bug inside, seen by the task");
    });
  }
  void Break() {
    Grant(*coordinator_, query_);
    coordinator_->Send(StartMessage(Key(*coordinator_, query_), "break"));
  }

  std::unique_ptr<TestCoordinator> coordinator_ = Connect();
};

TEST_F(WorkerHealth, IsToldToTheCoordinatorBeforeTheTasksFailure) {
  Break();
  ASSERT_TRUE(coordinator_->mailbox.Take(wire::FromWorker::kFailed));
  ASSERT_EQ(coordinator_->mailbox.Count(wire::FromWorker::kEnding), 1U);
  EXPECT_EQ(coordinator_->mailbox.Take(wire::FromWorker::kEnding)->ending().reason(), "a bug inside");
}

TEST_F(WorkerHealth, IsToldToOtherCoordinatorsWithTheirNextMessage) {
  const auto other = Connect();
  Break();
  ASSERT_TRUE(coordinator_->mailbox.Take(wire::FromWorker::kFailed));
  wire::ToWorker ping;
  ping.mutable_ping();
  other->Send(ping);
  EXPECT_TRUE(other->mailbox.Take(wire::FromWorker::kEnding));
}

TEST_F(WorkerHealth, RefusesCoordinatorsOnceItIsLost) {
  Break();
  ASSERT_TRUE(coordinator_->mailbox.Take(wire::FromWorker::kFailed));
  TestCoordinator late;
  const auto refused = ControlChannel::Connect(Options(late)).status();
  EXPECT_NE(refused.message().find("a bug inside"), std::string::npos) << refused.ToString();
}

}  // namespace
}  // namespace skein::core
