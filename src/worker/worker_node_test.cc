#include "worker/worker_node.h"

#include "worker/worker_fixture.h"

namespace skein::core {
namespace {

constexpr auto kFinished = wire::FromWorker::kFinished;
constexpr auto kFailed = wire::FromWorker::kFailed;
constexpr auto kReleased = wire::FromWorker::kReleased;
constexpr auto kGrant = wire::FromWorker::kGrant;

std::shared_ptr<arrow::Buffer> Bytes(const std::string& text) { return arrow::Buffer::FromString(text); }

/// Writes one unit of one block, as the engine's sink does.
arrow::Result<TaskResult> WriteUnit(const TaskContext& context, Gate&) {
  const UnitKey unit{context.key.query,   context.output,          context.key.task,
                     context.key.attempt, context.key.incarnation, 0};
  Block block;
  block.rows = 3;
  block.data = Bytes("abc");
  block.checksum = ChecksumOf(*block.data);
  ARROW_RETURN_NOT_OK(context.store->OpenUnit(unit));
  ARROW_RETURN_NOT_OK(context.store->Append(unit, block));
  TaskResult result;
  result.units.emplace_back();
  ARROW_ASSIGN_OR_RAISE(result.units.back(), context.store->CloseUnit(unit, {{0, 4}, {0, 5}}));
  result.rows_out = 3;
  return result;
}

/// Reads exchange 7 to its end, or stops after the first block.
arrow::Result<TaskResult> ReadInput(const TaskContext& context, bool stop_early) {
  Receiver& input = *context.inputs.at(7);
  TaskResult result;
  while (true) {
    auto woken = std::make_shared<Gate>();
    ARROW_ASSIGN_OR_RAISE(ReceiverPoll poll, input.TryTake([woken] { woken->Open(); }));
    if (poll.state == ReceiverPoll::kFinished) return result;
    if (poll.state == ReceiverPoll::kBlock) result.rows_in += poll.received.block.rows;
    if (poll.state == ReceiverPoll::kBlock && stop_early) input.Stop();
    if (poll.state == ReceiverPoll::kPending && !woken->Wait()) return InternalError("the receiver wakes nobody");
  }
}

arrow::Result<TaskResult> BlockUntilCancelled(const TaskContext&, Gate& cancelled) {
  if (!cancelled.Wait()) return InternalError("nobody cancelled");
  return CancelledError("cancelled while blocked");
}

class WorkerNodeTest : public WorkerFixture {
 protected:
  WorkerNodeTest() {
    engine_->Add("write", WriteUnit);
    engine_->Add("read", [](const TaskContext& context, Gate&) { return ReadInput(context, false); });
    engine_->Add("limit", [](const TaskContext& context, Gate&) { return ReadInput(context, true); });
    engine_->Add("block", BlockUntilCancelled);
    engine_->Add("fail", [](const TaskContext&, Gate&) -> arrow::Result<TaskResult> {
      return UserError("Could not convert", "Conversion");
    });
  }

  /// Starts the task and waits for its report.
  wire::FromWorker Run(const wire::ToWorker& start, wire::FromWorker::MessageCase kind) {
    coordinator_->Send(start);
    auto report = coordinator_->mailbox.Take(kind);
    EXPECT_TRUE(report) << "no report";
    return report.value_or(wire::FromWorker());
  }

  /// A task that reads what task 0 of stage 1 wrote, from a place that only the incarnation makes out.
  wire::ToWorker ReadMessage(const std::string& fragment) {
    TaskKey key = Key(*coordinator_, query_);
    key.stage = 2;
    wire::ToWorker message = StartMessage(key, fragment);
    message.mutable_start()->mutable_output()->set_exchange(8);
    wire::InputSpec& input = *message.mutable_start()->add_inputs();
    input.set_exchange(7);
    input.set_stored_as(7);
    *input.mutable_range() = ToWire(PartitionRange::All());
    input.set_producer_tasks(1);
    *input.add_producers() = ToWire(Producer{"unknown.invalid:1", 0, 0, 0, key.incarnation});
    return message;
  }

  std::unique_ptr<TestCoordinator> coordinator_ = Connect();
};

TEST_F(WorkerNodeTest, ReportsUnitsOfFinishedTask) {
  Grant(*coordinator_, query_);
  const auto report = Run(StartMessage(Key(*coordinator_, query_), "write"), kFinished);
  const wire::TaskFinished& finished = report.finished();
  ASSERT_EQ(finished.units_size(), 1);
  EXPECT_EQ(finished.units(0).splits_size(), 2);
  EXPECT_EQ(finished.units(0).splits(1), 5u);
  EXPECT_EQ(finished.units(0).rows(), 3u);
  EXPECT_EQ(finished.rows_out(), 3u);
  EXPECT_EQ(finished.bytes_out(), 3u);
}

TEST_F(WorkerNodeTest, ReadsOwnUnitsWhateverTheirAddressIsCalled) {
  Grant(*coordinator_, query_);
  Run(StartMessage(Key(*coordinator_, query_), "write"), kFinished);
  const auto report = Run(ReadMessage("read"), kFinished);
  ASSERT_EQ(report.finished().ledgers_size(), 1);
  EXPECT_EQ(report.finished().ledgers(0).count(), 1u);
  EXPECT_FALSE(report.finished().ledgers(0).is_partial());
  EXPECT_EQ(report.finished().rows_in(), 3u);
  EXPECT_EQ(report.finished().bytes_in(), 3u);
}

TEST_F(WorkerNodeTest, CallsLedgerPartialWhenTheTaskStoppedEarly) {
  Grant(*coordinator_, query_);
  Run(StartMessage(Key(*coordinator_, query_), "write"), kFinished);
  const auto report = Run(ReadMessage("limit"), kFinished);
  ASSERT_EQ(report.finished().ledgers_size(), 1);
  EXPECT_TRUE(report.finished().ledgers(0).is_partial());
}

TEST_F(WorkerNodeTest, ReportsErrorWithItsClass) {
  Grant(*coordinator_, query_);
  const auto report = Run(StartMessage(Key(*coordinator_, query_), "fail"), kFailed);
  EXPECT_EQ(report.failed().error().fault(), wire::Error::USER);
  EXPECT_EQ(report.failed().error().duckdb_type(), "Conversion");
  EXPECT_FALSE(report.failed().error().is_cancelled());
}

TEST_F(WorkerNodeTest, FailsReadersOfFailedTask) {
  Grant(*coordinator_, query_);
  Run(StartMessage(Key(*coordinator_, query_), "fail"), kFailed);
  const auto report = Run(ReadMessage("read"), kFailed);
  EXPECT_EQ(report.failed().name().stage(), 2u);
}

TEST_F(WorkerNodeTest, RunsTaskOnceAlthoughItsStartCameTwice) {
  Grant(*coordinator_, query_);
  const auto start = StartMessage(Key(*coordinator_, query_), "write");
  coordinator_->Send(start);
  coordinator_->Send(start);
  coordinator_->Send(ReleaseMessage(query_));
  ASSERT_TRUE(coordinator_->mailbox.Take(kReleased));
  EXPECT_EQ(coordinator_->mailbox.Count(kFinished) + coordinator_->mailbox.Count(kFailed), 1u);
}

TEST_F(WorkerNodeTest, RefusesTaskWithoutGrant) {
  const auto report = Run(StartMessage(Key(*coordinator_, query_), "write"), kFailed);
  EXPECT_NE(report.failed().error().message().find("no grant"), std::string::npos);
}

TEST_F(WorkerNodeTest, RefusesTaskForAnotherIncarnation) {
  Grant(*coordinator_, query_);
  TaskKey key = Key(*coordinator_, query_);
  key.incarnation++;
  const auto report = Run(StartMessage(key, "write"), kFailed);
  EXPECT_TRUE(report.failed().error().is_retryable());
}

TEST_F(WorkerNodeTest, RefusesTaskAndGrantAfterRelease) {
  Grant(*coordinator_, query_);
  coordinator_->Send(ReleaseMessage(query_));
  ASSERT_TRUE(coordinator_->mailbox.Take(kReleased));
  Run(StartMessage(Key(*coordinator_, query_), "write"), kFailed);
  coordinator_->Send(GrantRequest(query_));
  const auto reply = coordinator_->mailbox.Take(kGrant);
  ASSERT_TRUE(reply);
  EXPECT_FALSE(reply->grant().is_granted());
}

TEST_F(WorkerNodeTest, ReleaseCancelsBlockedTaskAndAnswers) {
  Grant(*coordinator_, query_);
  coordinator_->Send(StartMessage(Key(*coordinator_, query_), "block"));
  coordinator_->Send(ReleaseMessage(query_));
  ASSERT_TRUE(coordinator_->mailbox.Take(kReleased));
  const auto report = coordinator_->mailbox.Take(kFailed);
  ASSERT_TRUE(report);
  EXPECT_TRUE(report->failed().error().is_cancelled());
  EXPECT_EQ(node_->running_tasks(), 0u);
}

TEST_F(WorkerNodeTest, AnswersReleaseOfUnknownQuery) {
  coordinator_->Send(ReleaseMessage(query_));
  const auto released = coordinator_->mailbox.Take(kReleased);
  ASSERT_TRUE(released);
  EXPECT_EQ(released->released().query(), query_.ToBytes());
}

TEST_F(WorkerNodeTest, AnswersPingWhileTaskIsBlocked) {
  Grant(*coordinator_, query_);
  coordinator_->Send(StartMessage(Key(*coordinator_, query_), "block"));
  wire::ToWorker ping;
  ping.mutable_ping()->set_sequence(17);
  coordinator_->Send(ping);
  const auto beat = coordinator_->mailbox.Take(wire::FromWorker::kHeartbeat);
  ASSERT_TRUE(beat);
  EXPECT_EQ(beat->heartbeat().sequence(), 17u);
  EXPECT_EQ(beat->heartbeat().running_tasks(), 1u);
}

TEST_F(WorkerNodeTest, TellsHowFarARunningTaskIsAfterAPing) {
  Gate started;
  engine_->Add("start", [&](const TaskContext& context, Gate& cancelled) {
    started.Open();
    return BlockUntilCancelled(context, cancelled);
  });
  Grant(*coordinator_, query_);
  const auto key = Key(*coordinator_, query_);
  coordinator_->Send(StartMessage(key, "start"));
  ASSERT_TRUE(started.Wait());
  wire::ToWorker ping;
  ping.mutable_ping();
  coordinator_->Send(ping);
  const auto told = coordinator_->mailbox.Take(wire::FromWorker::kProgress);
  ASSERT_TRUE(told);
  EXPECT_EQ(*FromWire(told->progress().name()), key);
  EXPECT_EQ(told->progress().rows_in(), 30u);
  EXPECT_EQ(told->progress().rows_out(), 20u);
  EXPECT_EQ(told->progress().splits_done(), 10u);
  coordinator_->Send(ReleaseMessage(query_));
  ASSERT_TRUE(coordinator_->mailbox.Take(kReleased));  // the script uses the gate no more
}

TEST_F(WorkerNodeTest, CancelsOneTaskAlone) {
  Grant(*coordinator_, query_, 2);
  const auto key = Key(*coordinator_, query_, 1);
  coordinator_->Send(StartMessage(key, "block"));
  wire::ToWorker cancel;
  *cancel.mutable_cancel()->mutable_name() = ToWire(key);
  cancel.mutable_cancel()->set_reason("enough");
  coordinator_->Send(cancel);
  const auto report = coordinator_->mailbox.Take(kFailed);
  ASSERT_TRUE(report);
  EXPECT_TRUE(report->failed().error().is_cancelled());
  Run(StartMessage(Key(*coordinator_, query_, 0), "write"), kFinished);
}

TEST_F(WorkerNodeTest, ReleaseLetsTheNextQueryIn) {
  const QueryId next = QueryId::Random();
  Grant(*coordinator_, query_, 4);
  coordinator_->Send(GrantRequest(next, 1));
  coordinator_->Send(ReleaseMessage(query_));
  const auto reply = coordinator_->mailbox.Take(kGrant);
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->grant().query(), next.ToBytes());
  EXPECT_TRUE(reply->grant().is_granted());
}

TEST_F(WorkerNodeTest, GrantTimesOutWithRetryableError) {
  Grant(*coordinator_, query_, 4);
  coordinator_->Send(GrantRequest(QueryId::Random(), 1, 20));
  const auto reply = coordinator_->mailbox.Take(kGrant);
  ASSERT_TRUE(reply);
  EXPECT_FALSE(reply->grant().is_granted());
  EXPECT_TRUE(reply->grant().error().is_retryable());
}

TEST_F(WorkerNodeTest, AnswersRepeatedGrantRequest) {
  Grant(*coordinator_, query_, 4);
  Grant(*coordinator_, query_, 4);
}

TEST_F(WorkerNodeTest, LostStreamReleasesItsQueries) {
  Grant(*coordinator_, query_, 4);
  coordinator_->Send(StartMessage(Key(*coordinator_, query_), "block"));
  auto other = Connect();
  coordinator_->channel->Close();
  Grant(*other, QueryId::Random(), 4);  // waits for the four slots of the lost one
  EXPECT_EQ(node_->running_tasks(), 0u);
}

TEST_F(WorkerNodeTest, KeepsStreamsApart) {
  Grant(*coordinator_, query_);
  auto other = Connect();
  other->Send(StartMessage(Key(*other, query_), "write"));
  EXPECT_TRUE(other->mailbox.Take(kFailed));
  other->Send(ReleaseMessage(query_));
  EXPECT_TRUE(other->mailbox.Take(kReleased));
  Run(StartMessage(Key(*coordinator_, query_), "write"), kFinished);
}

TEST_F(WorkerNodeTest, NamesAddressInUse) {
  WorkerOptions options;
  options.temp_dir = temp_dir_;
  options.secret = "test-secret";
  options.control_port = node_->control_port();
  const auto second = WorkerNode::Start(options, std::make_unique<FakeEngine>());
  EXPECT_NE(second.status().message().find(address()), std::string::npos) << second.status().ToString();
}

TEST_F(WorkerNodeTest, LeavesNothingBehindAlthoughTaskIsBlocked) {
  Grant(*coordinator_, query_);
  coordinator_->Send(StartMessage(Key(*coordinator_, query_), "block"));
  EXPECT_FALSE(std::filesystem::is_empty(temp_dir_));
  node_.reset();
  EXPECT_TRUE(std::filesystem::is_empty(temp_dir_));
}

}  // namespace
}  // namespace skein::core
