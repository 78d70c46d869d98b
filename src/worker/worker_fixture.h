// A worker with a fake engine and a coordinator's channel to it over real sockets, for tests.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <utility>

#include <gtest/gtest.h>

#include "worker/control_channel.h"
#include "worker/fake_engine.h"
#include "worker/mailbox.h"
#include "worker/wire_convert.h"
#include "worker/worker_node.h"

namespace skein::core {

/// One coordinator.
struct TestCoordinator {
  Mailbox mailbox;
  Gate lost;
  std::unique_ptr<ControlChannel> channel;

  void Send(const wire::ToWorker& message) {
    const auto sent = channel->Send(message);
    ASSERT_TRUE(sent.ok()) << sent.ToString();
  }
};

class WorkerFixture : public testing::Test {
 protected:
  WorkerFixture() : temp_dir_(std::filesystem::temp_directory_path() / ("skein-test-" + RandomHex(8))) {
    std::filesystem::create_directory(temp_dir_);
    auto engine = std::make_unique<FakeEngine>();
    engine_ = engine.get();
    WorkerOptions options;
    options.temp_dir = temp_dir_;
    options.secret = "test-secret";
    options.task_slots = 4;
    options.memory_bytes = 64 << 20;
    auto node = WorkerNode::Start(options, std::move(engine));
    EXPECT_TRUE(node.ok()) << node.status().ToString();
    if (node.ok()) node_ = std::move(*node);
  }
  ~WorkerFixture() override {
    node_.reset();
    std::filesystem::remove_all(temp_dir_);
  }

  std::string address() const { return "127.0.0.1:" + std::to_string(node_->control_port()); }

  ControlChannelOptions Options(TestCoordinator& coordinator) const {
    ControlChannelOptions options;
    options.address = address();
    options.secret = "test-secret";
    options.hello.set_protocol_version(kControlProtocolVersion);
    options.hello.set_duckdb_build(DuckDbBuildId());
    options.hello.set_skein_build(SkeinBuildId());
    options.on_message = [&coordinator](wire::FromWorker message) { coordinator.mailbox.Put(std::move(message)); };
    options.on_lost = [&coordinator](const arrow::Status&) { coordinator.lost.Open(); };
    return options;
  }

  std::unique_ptr<TestCoordinator> Connect() const {
    auto coordinator = std::make_unique<TestCoordinator>();
    auto channel = ControlChannel::Connect(Options(*coordinator));
    EXPECT_TRUE(channel.ok()) << channel.status().ToString();
    if (channel.ok()) coordinator->channel = std::move(*channel);
    return coordinator;
  }

  static wire::ToWorker GrantRequest(const QueryId& query, uint32_t slots = 1, uint32_t deadline_ms = 10000) {
    wire::ToWorker message;
    message.mutable_grant()->set_query(query.ToBytes());
    message.mutable_grant()->set_task_slots(slots);
    message.mutable_grant()->set_deadline_ms(deadline_ms);
    return message;
  }

  /// Asks for a grant and waits for it.
  static void Grant(TestCoordinator& coordinator, const QueryId& query, uint32_t slots = 1) {
    coordinator.Send(GrantRequest(query, slots));
    auto reply = coordinator.mailbox.Take(wire::FromWorker::kGrant);
    ASSERT_TRUE(reply && reply->grant().is_granted());
  }

  static TaskKey Key(const TestCoordinator& coordinator, const QueryId& query, uint32_t task = 0) {
    return {query, 1, task, 0, coordinator.channel->welcome().incarnation()};
  }

  static wire::ToWorker StartMessage(const TaskKey& key, const std::string& fragment) {
    wire::ToWorker message;
    *message.mutable_start()->mutable_name() = ToWire(key);
    message.mutable_start()->set_task_count(1);
    message.mutable_start()->set_fragment(fragment);
    message.mutable_start()->mutable_output()->set_exchange(7);
    *message.mutable_start()->mutable_output()->add_ranges() = ToWire(PartitionRange::All());
    return message;
  }

  static wire::ToWorker ReleaseMessage(const QueryId& query) {
    wire::ToWorker message;
    message.mutable_release()->set_query(query.ToBytes());
    return message;
  }

  const std::filesystem::path temp_dir_;
  FakeEngine* engine_ = nullptr;  // of the node
  std::unique_ptr<WorkerNode> node_;
  const QueryId query_ = QueryId::Random();
};

}  // namespace skein::core
