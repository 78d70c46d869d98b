// Splits on their way from a coordinator to a task.
#include <vector>

#include "base/mutex.h"
#include "worker/worker_fixture.h"

namespace skein::core {
namespace {

class TaskSplitsTest : public WorkerFixture {
 protected:
  TaskSplitsTest() {
    engine_->Add("scan", [this](const TaskContext& context, Gate&) { return Scan(context); });
  }

  arrow::Result<TaskResult> Scan(const TaskContext& context) {
    while (true) {
      auto woken = std::make_shared<Gate>();
      Split split;
      ARROW_ASSIGN_OR_RAISE(auto state, context.splits->TryTake(0, split, [woken] { woken->Open(); }));
      if (state == SplitFeed::kExhausted) return TaskResult();
      if (state == SplitFeed::kSplit) {
        MutexLock lock(mutex_);
        scanned_.push_back(split.id);
      } else if (!woken->Wait()) {
        return InternalError("the split feed wakes nobody");
      }
    }
  }

  static void AddSplits(std::vector<SplitId> ids, bool is_last, wire::ScanSplits& splits) {
    for (SplitId id : ids) *splits.add_splits() = ToWire(Split{id, "payload", 1});
    splits.set_is_last(is_last);
  }

  wire::ToWorker GiveMessage(std::vector<SplitId> ids, bool is_last) {
    wire::ToWorker message;
    *message.mutable_splits()->mutable_name() = ToWire(Key(*coordinator_, query_));
    AddSplits(std::move(ids), is_last, *message.mutable_splits()->mutable_splits());
    return message;
  }

  std::unique_ptr<TestCoordinator> coordinator_ = Connect();
  Mutex mutex_;
  std::vector<SplitId> scanned_ GUARDED_BY(mutex_);
};

TEST_F(TaskSplitsTest, AsksForMoreAndScansEachOnce) {
  Grant(*coordinator_, query_);
  wire::ToWorker start = StartMessage(Key(*coordinator_, query_), "scan");
  AddSplits({0, 1}, false, *start.mutable_start()->add_scans());
  coordinator_->Send(start);
  const auto request = coordinator_->mailbox.Take(wire::FromWorker::kSplitRequest);
  ASSERT_TRUE(request);
  EXPECT_EQ(request->split_request().count(), 2u);
  coordinator_->Send(GiveMessage({1, 2}, true));
  coordinator_->Send(GiveMessage({1, 2}, true));
  const auto report = coordinator_->mailbox.Take(wire::FromWorker::kFinished);
  ASSERT_TRUE(report);
  EXPECT_EQ(report->finished().partial_scans_size(), 0);
  MutexLock lock(mutex_);
  EXPECT_EQ(scanned_, (std::vector<SplitId>{0, 1, 2}));
}

TEST_F(TaskSplitsTest, NamesScanThatWasNotReadToItsEnd) {
  engine_->Add("skip", [](const TaskContext&, Gate&) { return TaskResult(); });
  Grant(*coordinator_, query_);
  wire::ToWorker start = StartMessage(Key(*coordinator_, query_), "skip");
  AddSplits({0, 1}, true, *start.mutable_start()->add_scans());
  coordinator_->Send(start);
  const auto report = coordinator_->mailbox.Take(wire::FromWorker::kFinished);
  ASSERT_TRUE(report);
  ASSERT_EQ(report->finished().partial_scans_size(), 1);
  EXPECT_EQ(report->finished().partial_scans(0), 0u);
}

TEST_F(TaskSplitsTest, ReleaseWakesTaskThatWaitsForSplits) {
  Grant(*coordinator_, query_);
  coordinator_->Send(StartMessage(Key(*coordinator_, query_), "scan"));
  ASSERT_TRUE(coordinator_->mailbox.Take(wire::FromWorker::kSplitRequest));
  coordinator_->Send(ReleaseMessage(query_));
  ASSERT_TRUE(coordinator_->mailbox.Take(wire::FromWorker::kReleased));
  const auto report = coordinator_->mailbox.Take(wire::FromWorker::kFailed);
  ASSERT_TRUE(report);
  EXPECT_TRUE(report->failed().error().is_cancelled());
}

}  // namespace
}  // namespace skein::core
