// A worker that says what it may not, over a real control stream: it is lost with a named error or not listened to, and
// the cluster goes on.

#include <atomic>
#include <string>
#include <vector>

#include <arrow/buffer.h>
#include <arrow/flight/server.h>
#include <gtest/gtest.h>

#include "base/byte_mutator.h"
#include "coordinator/cluster_fixture.h"
#include "worker/handshake.h"

namespace skein::core {
namespace {

namespace flight = arrow::flight;

constexpr int kWelcomes = 60;
constexpr int kQueries = 10;
constexpr int kWrongMessages = 200;  // a task

/// Does its tasks, and says much besides.
class HostileWorker : public ScriptedWorker {
 public:
  /// Of whose tasks it tells lies. kFlood: right messages, by the thousand.
  enum class Mode { kHonest, kOfOtherQueries, kOfItsOwn, kFlood };

  explicit HostileWorker(Mode mode) : ScriptedWorker(Script::kFinish), mode(mode) {}

  void Handle(const std::shared_ptr<ControlPeer>& peer, wire::ToWorker message) override {
    if (message.has_start() && mode == Mode::kFlood) Flood(*peer, message.start());
    if (message.has_start() && (mode == Mode::kOfOtherQueries || mode == Mode::kOfItsOwn)) {
      auto name = message.start().name();
      if (mode == Mode::kOfOtherQueries) name.set_query(QueryId::Random().ToBytes());
      Lie(*peer, name);
    }
    ScriptedWorker::Handle(peer, std::move(message));
  }

  std::atomic<Mode> mode;

 private:
  void Lie(ControlPeer& peer, const wire::TaskName& name) {
    const auto messages = Messages(name);
    for (int i = 0; i < kWrongMessages; i++) {
      wire::FromWorker wrong;
      const auto bytes = messages[mutator_.Below(messages.size())].SerializeAsString();
      if (!wrong.ParseFromString(mutator_.Mutate(bytes)) || wrong.has_ending()) continue;
      if (wrong.ByteSizeLong() == 0) continue;  // no message at all ends a stream
      peer.Send(wrong);
    }
  }
  static std::vector<wire::FromWorker> Messages(const wire::TaskName& name) {
    std::vector<wire::FromWorker> messages(8);
    messages[0].mutable_grant()->set_query(name.query());
    *messages[1].mutable_split_request()->mutable_name() = name;
    *messages[2].mutable_finished()->mutable_name() = name;
    messages[2].mutable_finished()->add_units()->set_unit(UINT32_MAX);
    *messages[3].mutable_failed()->mutable_name() = name;
    messages[3].mutable_failed()->mutable_error()->set_message("a lie");
    *messages[4].mutable_progress()->mutable_name() = name;
    messages[5].mutable_heartbeat()->set_retained_memory_bytes(UINT64_MAX);
    messages[6].mutable_released()->set_query(name.query());
    messages[7].mutable_welcome()->set_incarnation(7);
    return messages;
  }
  static void Flood(ControlPeer& peer, const wire::StartTask& start) {
    wire::FromWorker progress, heartbeat;
    *progress.mutable_progress()->mutable_name() = start.name();
    heartbeat.mutable_heartbeat()->set_cpu_us(UINT64_MAX);
    for (int i = 0; i < 5000; i++) {
      peer.Send(progress);
      peer.Send(heartbeat);
    }
  }

  ByteMutator mutator_{11};  // of the thread of the control stream
};

class HostileWorkers : public ClusterRun {
 protected:
  void StartWith(HostileWorker::Mode mode) {
    workers_.push_back(std::make_unique<ScriptedWorker>(Script::kFinish));
    auto hostile = std::make_unique<HostileWorker>(mode);
    hostile_ = hostile.get();
    workers_.push_back(std::move(hostile));
    StartCluster();
  }
  /// Returns OK where the query brought the rows of both tasks.
  arrow::Status Run() {
    const auto query = Execute();
    for (int blocks = 0;; blocks++) {
      ARROW_ASSIGN_OR_RAISE(const auto poll, Take(*query));
      if (poll.state == ReceiverPoll::kBlock) continue;
      EXPECT_EQ(blocks, 2);
      return Finish(*query).status();
    }
  }

  HostileWorker* hostile_ = nullptr;
};

TEST_F(HostileWorkers, AreNotListenedToAboutOtherQueries) {
  StartWith(HostileWorker::Mode::kOfOtherQueries);
  for (int i = 0; i < kQueries; i++) {
    const auto status = Run();
    ASSERT_TRUE(status.ok()) << status.ToString();
  }
  EXPECT_EQ(cluster_->Workers()[1].state, "ready");
}

TEST_F(HostileWorkers, BreakNoMoreThanTheQueryThatTheyLieAbout) {
  StartWith(HostileWorker::Mode::kOfItsOwn);
  int failed = 0;
  for (int i = 0; i < kQueries; i++) {
    hostile_->mode = HostileWorker::Mode::kOfItsOwn;
    failed += !Run().ok();
    hostile_->mode = HostileWorker::Mode::kHonest;
    ASSERT_TRUE(cluster_->EnsureReady().ok());
    const auto next = Run();
    ASSERT_TRUE(next.ok()) << next.ToString();
  }
  EXPECT_GT(failed, 0);
}

TEST_F(HostileWorkers, MayFloodAndTheQueryEnds) {
  StartWith(HostileWorker::Mode::kFlood);
  EXPECT_TRUE(Run().ok());
  for (const auto& worker : cluster_->Workers()) EXPECT_LE(worker.utilisation, 1.0);
}

/// Answers the messages of a control stream with bytes that a test chooses, one for each.
class RawServer : public flight::FlightServerBase {
 public:
  explicit RawServer(std::vector<std::string> answers) : answers_(std::move(answers)) {
    auto location = flight::Location::ForGrpcTcp("127.0.0.1", 0).ValueOrDie();
    EXPECT_TRUE(Init(flight::FlightServerOptions(location)).ok());
  }
  ~RawServer() override {
    const auto deadline = std::chrono::system_clock::now() + std::chrono::milliseconds(200);
    EXPECT_TRUE(Shutdown(&deadline).ok());
  }

  std::string address() const { return "127.0.0.1:" + std::to_string(port()); }

  arrow::Status DoExchange(const flight::ServerCallContext&, std::unique_ptr<flight::FlightMessageReader> reader,
                           std::unique_ptr<flight::FlightMessageWriter> writer) override {
    for (size_t next = 0;; next++) {
      auto chunk = reader->Next();
      if (!chunk.ok() || !chunk->app_metadata) return arrow::Status::OK();
      if (next >= answers_.size()) continue;
      ARROW_RETURN_NOT_OK(writer->WriteMetadata(arrow::Buffer::FromString(answers_[next])));
    }
  }
  arrow::Status ListActions(const flight::ServerCallContext&, std::vector<flight::ActionType>*) override {
    return arrow::Status::OK();
  }

 private:
  const std::vector<std::string> answers_;
};

std::string WelcomeBytes() {
  wire::FromWorker message;
  auto& welcome = *message.mutable_welcome();
  welcome.set_protocol_version(kControlProtocolVersion);
  welcome.set_incarnation(5);
  welcome.set_data_port(7701);
  welcome.set_threads(1);
  return message.SerializeAsString();
}

TEST_F(HostileWorkers, AreLostWithANamedErrorWhenTheirBytesAreNoMessage) {
  const RawServer server({WelcomeBytes(), "\xff\xff no message"});
  ClusterOptions options;
  options.secret = ScriptedWorker::kSecret;
  options.spec.addresses = {server.address()};
  cluster_ = Cluster::Start(options).ValueOrDie();
  workers_.resize(1);
  const auto lost = Run();
  EXPECT_NE(lost.message().find("worker lost: worker=0 address=" + server.address()), std::string::npos);
  EXPECT_NE(lost.message().find("cannot be read"), std::string::npos) << lost.message();
  EXPECT_EQ(cluster_->Workers()[0].state, "lost");
}

TEST_F(HostileWorkers, AreRefusedWithTheirAddressWhateverTheirWelcome) {
  ByteMutator mutator(13);
  int refused = 0;
  for (int round = 0; round < kWelcomes; round++) {
    const RawServer server({mutator.Mutate(WelcomeBytes())});
    ControlChannelOptions options;
    options.address = server.address();
    options.connect_timeout = std::chrono::seconds(2);
    options.hello = MakeHello();
    options.on_message = [](const wire::FromWorker&) {};
    options.on_lost = [](const arrow::Status&) {};
    const auto channel = ControlChannel::Connect(std::move(options));
    if (channel.ok()) {
      EXPECT_EQ((*channel)->welcome().protocol_version(), kControlProtocolVersion);
      continue;
    }
    refused++;
    EXPECT_NE(channel.status().message().find(server.address()), std::string::npos) << channel.status().ToString();
  }
  EXPECT_GT(refused, 0);
}

}  // namespace
}  // namespace skein::core
