#include "coordinator/client_end.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace skein::core {
namespace {

/// A receiver that gives what the test says.
class FakeReceiver : public Receiver {
 public:
  void AddProducers(const std::vector<Producer>& producers) override { producer_count += producers.size(); }
  arrow::Result<ReceiverPoll> TryTake(std::function<void()>) override {
    ReceiverPoll poll;
    poll.state = state;
    if (!status.ok()) return status;
    return poll;
  }
  void Fail(arrow::Status failure) override { status = std::move(failure); }
  void Stop() override { state = ReceiverPoll::kFinished; }
  IdSummary summary() const override { return {3, 30, 300}; }
  uint64_t rows() const override { return 0; }
  uint64_t bytes() const override { return 0; }

  size_t producer_count = 0;
  ReceiverPoll::State state = ReceiverPoll::kPending;
  arrow::Status status;
};

struct Told : ClientEndListener {
  explicit Told(std::vector<std::string>& events) : events(events) {}
  void OnTaken(const IdSummary& taken) override { events.push_back("taken " + std::to_string(taken.count)); }
  void OnStopped() override { events.push_back("stopped"); }
  void OnReadError(const arrow::Status& status) override { events.push_back(status.message()); }
  std::vector<std::string>& events;
};

class ClientEndTest : public testing::Test {
 protected:
  ClientEndTest() {
    auto receiver = std::make_unique<FakeReceiver>();
    receiver_ = receiver.get();
    client_ = std::make_unique<ClientEnd>(std::move(receiver), std::make_unique<Told>(events_));
  }
  ReceiverPoll::State Take() {
    return client_->TryTake([this] { wakes_++; }).ValueOrDie().state;
  }
  bool IsFinished() {
    return client_->TryFinish([this] { wakes_++; }).ValueOrDie();
  }

  std::vector<std::string> events_;
  FakeReceiver* receiver_;
  std::unique_ptr<ClientEnd> client_;
  int wakes_ = 0;
};

TEST_F(ClientEndTest, TellsTheQueryOfAReadErrorAndGivesTheClientTheQuerysOwn) {
  receiver_->status = Unavailable("connection reset");
  EXPECT_EQ(Take(), ReceiverPoll::kPending);
  EXPECT_EQ(Take(), ReceiverPoll::kPending);
  EXPECT_EQ(events_, (std::vector<std::string>{"connection reset"}));
  client_->OnFailed(Unavailable("worker lost"));
  EXPECT_EQ(wakes_, 2);
  EXPECT_EQ(client_->TryTake({}).status().message(), "worker lost");
  EXPECT_EQ(client_->TryFinish({}).status().message(), "worker lost");
}

TEST_F(ClientEndTest, IsFinishedOnlyWhenWhatTheClientTookWasChecked) {
  EXPECT_FALSE(IsFinished());
  receiver_->state = ReceiverPoll::kFinished;
  EXPECT_EQ(Take(), ReceiverPoll::kFinished);
  EXPECT_EQ(Take(), ReceiverPoll::kFinished);
  EXPECT_EQ(events_, (std::vector<std::string>{"taken 3"}));
  client_->OnFinished(false);
  EXPECT_EQ(wakes_, 1);
  EXPECT_FALSE(IsFinished());
  client_->OnFinished(true);
  EXPECT_EQ(wakes_, 2);
  EXPECT_TRUE(IsFinished());
}

TEST_F(ClientEndTest, IsFinishedBeforeTheClientHasTakenAll) {
  client_->OnFinished(false);
  EXPECT_TRUE(IsFinished());
}

TEST_F(ClientEndTest, TellsTheQueryOnceThatTheClientWantsNoMore) {
  client_->Stop();
  client_->Stop();
  EXPECT_EQ(Take(), ReceiverPoll::kFinished);
  EXPECT_EQ(events_, (std::vector<std::string>{"stopped"}));
}

TEST_F(ClientEndTest, CallsNobodyOnceClosed) {
  EXPECT_FALSE(IsFinished());
  client_->Close();
  client_->OnFinished(true);
  client_->OnFailed(Unavailable("late"));
  EXPECT_EQ(wakes_, 0);
  EXPECT_TRUE(client_->TryTake({}).status().IsCancelled());
}

TEST_F(ClientEndTest, HandsProducersOn) {
  client_->OnProducers({Producer{}, Producer{}});
  EXPECT_EQ(receiver_->producer_count, 2u);
}

}  // namespace
}  // namespace skein::core
