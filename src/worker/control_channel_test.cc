#include "worker/control_channel.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "worker/worker_fixture.h"

namespace skein::core {
namespace {

/// A port on which nobody answers although connections are accepted by the kernel.
class SilentPort {
 public:
  SilentPort() : socket_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    EXPECT_EQ(bind(socket_, reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(listen(socket_, 8), 0);
    EXPECT_EQ(getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &size), 0);
    address_ = "127.0.0.1:" + std::to_string(ntohs(address.sin_port));
  }
  ~SilentPort() { close(socket_); }
  const std::string& address() const { return address_; }

 private:
  const int socket_;
  std::string address_;
};

class ControlChannelTest : public WorkerFixture {
 protected:
  arrow::Status StatusOf(const ControlChannelOptions& options) { return ControlChannel::Connect(options).status(); }
  TestCoordinator coordinator_;
};

TEST_F(ControlChannelTest, IsWelcomedWithWhatTheWorkerHas) {
  auto channel = ControlChannel::Connect(Options(coordinator_));
  ASSERT_TRUE(channel.ok()) << channel.status().ToString();
  const wire::Welcome& welcome = (*channel)->welcome();
  EXPECT_EQ(welcome.data_port(), static_cast<uint32_t>(node_->data_port()));
  EXPECT_EQ(welcome.pid(), static_cast<uint64_t>(getpid()));
  EXPECT_EQ(welcome.task_slots(), 4u);
  EXPECT_NE(welcome.incarnation(), 0u);
}

TEST_F(ControlChannelTest, RefusesAnotherBuildNamingBoth) {
  ControlChannelOptions options = Options(coordinator_);
  options.hello.set_skein_build("some-other-build");
  const auto status = StatusOf(options);
  ASSERT_NE(DetailOf(status), nullptr);
  EXPECT_FALSE(DetailOf(status)->is_retryable());
  EXPECT_NE(status.message().find("some-other-build"), std::string::npos) << status.message();
  EXPECT_NE(status.message().find(SkeinBuildId()), std::string::npos) << status.message();
}

TEST_F(ControlChannelTest, RefusesAnotherProtocolVersion) {
  ControlChannelOptions options = Options(coordinator_);
  options.hello.set_protocol_version(99);
  EXPECT_NE(StatusOf(options).message().find("coordinator=99"), std::string::npos);
}

TEST_F(ControlChannelTest, RefusesWrongSecretInOneClearLine) {
  ControlChannelOptions options = Options(coordinator_);
  options.secret = "wrong";
  const auto status = StatusOf(options);
  EXPECT_EQ(status.message(), "worker " + address() + " refused the cluster's secret: it was started with another one");
  EXPECT_FALSE(DetailOf(status)->is_retryable());
}

TEST_F(ControlChannelTest, NamesWorkerThatIsNotThere) {
  ControlChannelOptions options = Options(coordinator_);
  options.address = SilentPort().address();  // closed again at once
  const auto status = StatusOf(options);
  EXPECT_TRUE(DetailOf(status)->is_retryable());
  EXPECT_EQ(status.message().find("cannot reach worker " + options.address + ": "), 0u) << status.message();
}

TEST_F(ControlChannelTest, GivesUpOnSilentWorkerInTime) {
  const SilentPort silent;
  ControlChannelOptions options = Options(coordinator_);
  options.address = silent.address();
  options.connect_timeout = std::chrono::milliseconds(200);
  const auto began = std::chrono::steady_clock::now();
  const auto status = StatusOf(options);
  EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(3));
  EXPECT_EQ(status.message().find("cannot reach worker " + options.address + ": "), 0u) << status.message();
}

TEST_F(ControlChannelTest, TellsOfLostStreamOnce) {
  auto coordinator = Connect();
  node_.reset();
  EXPECT_TRUE(coordinator->lost.Wait());
  EXPECT_FALSE(coordinator->channel->Send(GrantRequest(query_)).ok());
}

TEST_F(ControlChannelTest, ClosesWithoutTellingOfALoss) {
  auto coordinator = Connect();
  coordinator->channel->Close();
  coordinator->channel->Close();
  EXPECT_FALSE(coordinator->lost.Wait(std::chrono::milliseconds(0)));
  EXPECT_FALSE(coordinator->channel->Send(GrantRequest(query_)).ok());
}

}  // namespace
}  // namespace skein::core
