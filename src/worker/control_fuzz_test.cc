// Wrong messages after a right handshake: the worker answers or ignores them, and goes on to work.

#include <vector>

#include <gtest/gtest.h>

#include "base/byte_mutator.h"
#include "worker/handshake.h"
#include "worker/worker_fixture.h"

namespace skein::core {
namespace {

constexpr int kRounds = 1000;

class ControlFuzz : public WorkerFixture {
 protected:
  ControlFuzz() {
    engine_->Add("rows", [](const TaskContext&, Gate&) -> arrow::Result<TaskResult> { return TaskResult(); });
  }

  /// One of each message that a coordinator sends.
  std::vector<wire::ToWorker> Messages(const TestCoordinator& coordinator) const {
    const auto key = Key(coordinator, query_);
    std::vector<wire::ToWorker> messages{GrantRequest(query_), StartMessage(key, "rows"), ReleaseMessage(query_)};
    auto& splits = *messages.emplace_back().mutable_splits();
    *splits.mutable_name() = ToWire(key);
    splits.mutable_splits()->add_splits()->set_payload("a split");
    splits.mutable_splits()->set_is_last(true);
    auto& producers = *messages.emplace_back().mutable_producers();
    *producers.mutable_name() = ToWire(key);
    *producers.add_producers() = ToWire(Producer{"127.0.0.1:1", 0, 0, 0, 7});
    messages.emplace_back().mutable_ping()->set_sequence(1);
    auto& start = messages.emplace_back(StartMessage(key, "rows"));
    auto& input = *start.mutable_start()->add_inputs();
    input.set_producer_tasks(2);
    *input.mutable_range() = ToWire(PartitionRange::All());
    *input.add_producers() = ToWire(Producer{"127.0.0.1:1", 0, 0, 0, 7});
    *messages.emplace_back().mutable_hello() = MakeHello();
    return messages;
  }

  /// The least that a worker is there for.
  void ExpectWork() {
    const auto coordinator = Connect();
    ASSERT_TRUE(coordinator->channel);
    const auto query = QueryId::Random();
    Grant(*coordinator, query);
    coordinator->Send(StartMessage(Key(*coordinator, query), "rows"));
    EXPECT_TRUE(coordinator->mailbox.Take(wire::FromWorker::kFinished));
    coordinator->Send(ReleaseMessage(query));
    EXPECT_TRUE(coordinator->mailbox.Take(wire::FromWorker::kReleased));
  }
};

TEST_F(ControlFuzz, WorkerOutlivesMessagesWithWrongFields) {
  ByteMutator mutator(5);
  int understood = 0;
  auto coordinator = Connect();
  const auto messages = Messages(*coordinator);
  for (int round = 0; round < FuzzRounds(kRounds); round++) {
    wire::ToWorker wrong;
    if (!wrong.ParseFromString(mutator.Mutate(messages[round % messages.size()].SerializeAsString()))) continue;
    understood++;
    if (!coordinator->channel->Send(wrong).ok()) coordinator = Connect();
  }
  EXPECT_GT(understood, 0);
  coordinator.reset();
  ExpectWork();
}

TEST_F(ControlFuzz, WorkerOutlivesAbsurdAmounts) {
  auto coordinator = Connect();
  auto grant = GrantRequest(query_, UINT32_MAX, UINT32_MAX);
  grant.mutable_grant()->set_memory_bytes(UINT64_MAX);
  coordinator->Send(grant);
  const auto reply = coordinator->mailbox.Take(wire::FromWorker::kGrant);
  ASSERT_TRUE(reply);
  EXPECT_FALSE(reply->grant().is_granted());
  ExpectWork();
}

TEST_F(ControlFuzz, WorkerOutlivesAnAbsurdHeartbeatInterval) {
  TestCoordinator hasty;
  auto options = Options(hasty);
  options.hello.set_heartbeat_interval_ms(UINT32_MAX);
  options.hello.set_worker(UINT32_MAX);
  EXPECT_TRUE(ControlChannel::Connect(std::move(options)).ok());
  ExpectWork();
}

}  // namespace
}  // namespace skein::core
