// The messages of the API against what coordinator and workers really send: over sockets, with a fake engine.
#include <gtest/gtest.h>

#include "coordinator/task_table.h"
#include "skein/messages.h"
#include "worker/worker_fixture.h"

namespace skein {
namespace {

template <typename Message>
std::shared_ptr<arrow::Buffer> BytesOf(const Message& message) {
  return arrow::Buffer::FromString(message.SerializeAsString());
}

/// Reads what was sent, and expects that it would be written the same.
template <typename Message>
typename Message::Value ReadAsSent(const std::shared_ptr<arrow::Buffer>& sent) {
  const auto message = Message::Parse(*sent);
  EXPECT_TRUE(message.ok()) << message.status();
  if (!message.ok()) return {};
  EXPECT_TRUE((*message->Serialize())->Equals(*sent));
  return message->value();
}

/// Two tasks scan and repartition, two read that.
core::QueryRequest TwoStages() {
  core::QueryRequest request;
  auto& plan = request.plan;
  plan.stages.resize(2);
  plan.stages[0].task_count = 2;
  plan.stages[0].scans = {{0, "lineitem"}};
  plan.stages[1].id = 1;
  plan.stages[1].task_count = 2;
  plan.stages[1].inputs = {0};
  plan.stages[1].output = 1;
  plan.exchanges.resize(2);
  plan.exchanges[0].kind = core::ExchangeKind::kHash;
  plan.exchanges[0].consumer = 1;
  plan.exchanges[0].ranges = core::SplitEvenly(2);
  plan.exchanges[1].id = 1;
  plan.exchanges[1].producer = 1;
  plan.exchanges[1].consumer = core::Exchange::kClient;
  plan.exchanges[1].ranges = {core::PartitionRange::All()};
  request.fragments = {{0, "scan"}, {1, "aggregate"}};
  return request;
}

TEST(CoordinatorMessageOnTheWire, IsTheStartOfATask) {
  const auto request = TwoStages();
  std::vector<core::QueryWorker> workers;
  for (const uint32_t number : {4U, 7U}) {
    workers.push_back({number, number * uint64_t{10}, "w:1", "w:2", 1, uint64_t{1} << 30, nullptr});
  }
  core::TaskTable tasks(request.plan, core::QueryId::Random(), workers, 0);
  wire::ToWorker sent;
  *sent.mutable_start() = core::MakeStartTask(request, tasks, tasks.tasks(1)[1]);
  const auto value = ReadAsSent<CoordinatorMessage>(BytesOf(sent));
  const auto& task = std::get<ExecuteTask>(value);
  EXPECT_EQ(task.task.id.query, tasks.query().ToString());
  EXPECT_EQ(task.task.id.stage, 1U);
  EXPECT_EQ(task.inputs.at(0).producers.size(), 2U);
}

class MessagesOnTheWire : public core::WorkerFixture {
 protected:
  MessagesOnTheWire() {
    engine_->Add("end", [](const core::TaskContext&, core::Gate&) -> arrow::Result<core::TaskResult> {
      core::TaskResult result;
      result.rows_in = 5;
      result.operators = {{0, "FILTER", 3, 4}};
      return result;
    });
    engine_->Add("fail", [](const core::TaskContext&, core::Gate&) -> arrow::Result<core::TaskResult> {
      return core::UserError("Could not convert", "Conversion");
    });
    engine_->Add("wait", [this](const core::TaskContext&, core::Gate& cancelled) -> arrow::Result<core::TaskResult> {
      started_.Open();
      if (!cancelled.Wait()) return core::InternalError("nobody cancelled");
      return core::CancelledError("cancelled while it waited");
    });
    Grant(*coordinator_, query_, 4);
  }
  ~MessagesOnTheWire() override { node_.reset(); }  // before the gate

  TaskAttempt Task() const { return {{query_.ToString(), 1, 0}, 0, coordinator_->channel->welcome().incarnation()}; }
  /// Sends the bytes of a message.
  void Send(const CoordinatorMessage& message) {
    const auto bytes = message.Serialize();
    ASSERT_TRUE(bytes.ok()) << bytes.status();
    wire::ToWorker sent;
    ASSERT_TRUE(sent.ParseFromString((*bytes)->ToString()));
    coordinator_->Send(sent);
  }
  void Start(const std::string& fragment) {
    ExecuteTask task;
    task.task = Task();
    task.fragment = fragment;
    task.output = {7, {{0, uint64_t{1} << 32}}};
    Send(CoordinatorMessage(task));
  }
  /// Waits for a message of the worker.
  WorkerMessage::Value Take(wire::FromWorker::MessageCase kind) {
    const auto message = coordinator_->mailbox.Take(kind);
    EXPECT_TRUE(message);
    return message ? ReadAsSent<WorkerMessage>(BytesOf(*message)) : WorkerMessage::Value();
  }

  core::Gate started_;
  std::unique_ptr<core::TestCoordinator> coordinator_ = Connect();
};

TEST_F(MessagesOnTheWire, RunATaskToItsEnd) {
  Start("end");
  const auto value = Take(wire::FromWorker::kFinished);
  const auto& complete = std::get<TaskComplete>(value);
  EXPECT_EQ(complete.task, Task());
  EXPECT_EQ(complete.rows_in, 5U);
  EXPECT_EQ(complete.operators.at(0).name, "FILTER");
}

TEST_F(MessagesOnTheWire, TellOfAFailure) {
  Start("fail");
  const auto value = Take(wire::FromWorker::kFailed);
  EXPECT_EQ(std::get<TaskFailed>(value).task, Task());
  EXPECT_EQ(std::get<TaskFailed>(value).error.message(), "Could not convert");
}

TEST_F(MessagesOnTheWire, CancelATask) {
  Start("wait");
  ASSERT_TRUE(started_.Wait());
  Send(CoordinatorMessage(CancelTask{Task(), "enough"}));
  const auto value = Take(wire::FromWorker::kFailed);
  EXPECT_TRUE(std::get<TaskFailed>(value).error.IsCancelled());
}

TEST_F(MessagesOnTheWire, AskForHeartbeatAndProgress) {
  Start("wait");
  ASSERT_TRUE(started_.Wait());
  Send(CoordinatorMessage(Ping{17}));
  const auto beat = Take(wire::FromWorker::kHeartbeat);
  EXPECT_EQ(std::get<Heartbeat>(beat).sequence, 17U);
  EXPECT_EQ(std::get<Heartbeat>(beat).running_tasks, 1U);
  const auto progress = Take(wire::FromWorker::kProgress);
  EXPECT_TRUE((std::get<TaskProgress>(progress) == TaskProgress{Task(), 30, 20, 10}));
}

}  // namespace
}  // namespace skein
