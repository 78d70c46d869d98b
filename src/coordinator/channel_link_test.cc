#include "coordinator/channel_link.h"

#include <atomic>
#include <future>

#include <gtest/gtest.h>

#include "base/error.h"

namespace skein::core {
namespace {

constexpr std::chrono::seconds kLimit{10};

struct ChannelScript {
  std::atomic<int> sent{0};
  std::atomic<bool> is_broken{false};
  std::promise<void> is_closed;
  /// A Send waits for it, as one to a worker that does not read; Close frees it.
  std::promise<void> may_send;
};

class FakeChannel : public ControlChannel {
 public:
  FakeChannel(ChannelScript& script, bool is_stuck) : script_(script), is_stuck_(is_stuck) {}
  const wire::Welcome& welcome() const override { return welcome_; }
  arrow::Status Send(const wire::ToWorker&) override {
    if (is_stuck_) script_.may_send.get_future().wait_for(kLimit);
    if (script_.is_broken || is_stuck_) return Unavailable("broken pipe");
    script_.sent++;
    return arrow::Status::OK();
  }
  void Close() override {
    if (is_closed_.exchange(true)) return;
    script_.may_send.set_value();
    script_.is_closed.set_value();
  }

 private:
  ChannelScript& script_;
  const bool is_stuck_;
  std::atomic<bool> is_closed_{false};
  wire::Welcome welcome_;
};

wire::ToWorker Ping() {
  wire::ToWorker message;
  message.mutable_ping()->set_sequence(1);
  return message;
}

TEST(ChannelLink, WritesWhatWasSentBeforeItCloses) {
  ChannelScript script;
  ChannelLink link(std::make_unique<FakeChannel>(script, false), [](const arrow::Status&) {});
  for (int i = 0; i < 10; i++) EXPECT_TRUE(link.Send(Ping()).ok());
  link.Close();
  EXPECT_EQ(script.sent, 10);
  EXPECT_FALSE(link.Send(Ping()).ok());
}

TEST(ChannelLink, TellsOnceThatItIsBroken) {
  ChannelScript script;
  script.is_broken = true;
  std::promise<std::string> broken;
  ChannelLink link(std::make_unique<FakeChannel>(script, false),
                   [&](const arrow::Status& status) { broken.set_value(status.message()); });
  EXPECT_TRUE(link.Send(Ping()).ok());
  auto told = broken.get_future();
  ASSERT_EQ(told.wait_for(kLimit), std::future_status::ready);
  EXPECT_EQ(told.get(), "broken pipe");
  EXPECT_FALSE(link.Send(Ping()).ok());
}

TEST(ChannelLink, NeverMakesASenderWaitForAWorkerThatDoesNotRead) {
  ChannelScript script;
  std::atomic<int> broken{0};
  ChannelLink link(std::make_unique<FakeChannel>(script, true), [&](const arrow::Status&) { broken++; });
  for (int i = 0; i < 100; i++) EXPECT_TRUE(link.Send(Ping()).ok());
  link.Close();
  EXPECT_EQ(script.is_closed.get_future().wait_for(kLimit), std::future_status::ready);
  EXPECT_EQ(broken, 0);
}

}  // namespace
}  // namespace skein::core
