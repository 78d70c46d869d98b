#include "worker/control_service.h"

#include <atomic>
#include <chrono>
#include <future>
#include <stdexcept>

#include <gtest/gtest.h>

#include "worker/control_channel.h"
#include "worker/handshake.h"

namespace skein::core {
namespace {

constexpr int kMessages = 20000;

/// Sends much, which takes its stream a while to write, and then throws. Keeps the peer, as tasks that run do.
class ThrowingHandler : public ControlHandler {
 public:
  arrow::Result<wire::Welcome> Join(const std::shared_ptr<ControlPeer>& peer, const wire::Hello&) override {
    peer_ = peer;
    wire::Welcome welcome;
    welcome.set_protocol_version(kControlProtocolVersion);
    welcome.set_data_port(1);
    welcome.set_threads(1);
    return welcome;
  }
  void Handle(const std::shared_ptr<ControlPeer>& peer, wire::ToWorker) override {
    wire::FromWorker message;
    message.mutable_heartbeat()->set_sequence(1);
    for (int i = 0; i < kMessages; i++) peer->Send(message);
    throw std::runtime_error("no memory for a message");
  }
  void Leave(const std::shared_ptr<ControlPeer>&) override { has_left = true; }

  std::atomic<bool> has_left{false};

 private:
  std::shared_ptr<ControlPeer> peer_;
};

TEST(ControlService, WritesWhatWasSentBeforeAHandlerThrewAndEndsTheStream) {
  ThrowingHandler handler;
  const auto service = ControlService::Start("127.0.0.1", 0, "s3cret", handler).ValueOrDie();
  std::atomic<int> received{0};
  std::promise<void> lost;
  ControlChannelOptions options;
  options.address = "127.0.0.1:" + std::to_string(service->port());
  options.secret = "s3cret";
  options.hello = MakeHello();
  options.on_message = [&](const wire::FromWorker&) { received++; };
  options.on_lost = [&](const arrow::Status&) { lost.set_value(); };
  const auto channel = ControlChannel::Connect(std::move(options)).ValueOrDie();
  wire::ToWorker ping;
  ping.mutable_ping()->set_sequence(1);
  ASSERT_TRUE(channel->Send(ping).ok());
  ASSERT_EQ(lost.get_future().wait_for(std::chrono::seconds(20)), std::future_status::ready);
  EXPECT_EQ(received, kMessages);
  EXPECT_TRUE(handler.has_left);
}

}  // namespace
}  // namespace skein::core
