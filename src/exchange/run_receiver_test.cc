#include "exchange/run_receiver.h"

#include <gtest/gtest.h>

#include "exchange/scripted_channel.h"

namespace skein::core {
namespace {

using Texts = std::vector<std::string>;

struct Scene {
  std::shared_ptr<ScriptedResolver> channel = std::make_shared<ScriptedResolver>();

  Scene() {
    channel->Script(0, 0, Join({MakeUnit(MakeUnitKey(0, 0), {"a", "c"}), {MakeEnd(1)}}));
    channel->Script(1, 0, Join({MakeUnit(MakeUnitKey(1, 0), {"b"}), {MakeEnd(1)}}));
  }

  std::unique_ptr<Receiver> Start() {
    auto options = MakeReceiverOptions(2);
    options.is_merged = true;
    auto receiver = Receiver::Make(options, channel);
    receiver->AddProducers({MakeProducer(1), MakeProducer(0)});
    return receiver;
  }
};

TEST(RunReceiver, GivesTheRowsOfEachProducerApart) {
  Scene scene;
  auto receiver = scene.Start();
  const auto runs = receiver->Runs();
  ASSERT_EQ(runs.size(), 2u);
  EXPECT_EQ(TakeAll(*runs[0]).ValueOrDie(), (Texts{"a", "c"}));
  EXPECT_EQ(TakeAll(*runs[1]).ValueOrDie(), (Texts{"b"}));
  EXPECT_EQ(Take(*receiver).ValueOrDie().state, ReceiverPoll::kFinished);
}

TEST(RunReceiver, CountsWhatAllRunsTook) {
  Scene scene;
  auto merged = scene.Start();
  EXPECT_EQ(TakeAll(*merged).ValueOrDie(), (Texts{"a", "c", "b"}));
  auto options = MakeReceiverOptions(2);
  auto plain = Receiver::Make(options, scene.channel);
  plain->AddProducers({MakeProducer(0), MakeProducer(1)});
  ASSERT_TRUE(TakeAll(*plain).ok());
  EXPECT_EQ(merged->summary(), plain->summary());
  EXPECT_EQ(merged->rows(), 3u);
  EXPECT_EQ(merged->bytes(), 3u);
}

TEST(RunReceiver, IsNotFinishedWhileAProducerIsMissing) {
  Scene scene;
  auto options = MakeReceiverOptions(2);
  options.is_merged = true;
  auto receiver = Receiver::Make(options, scene.channel);
  receiver->AddProducers({MakeProducer(0)});
  EXPECT_EQ(TakeAll(*receiver->Runs()[0]).ValueOrDie(), (Texts{"a", "c"}));
  EXPECT_EQ(receiver->TryTake([] {}).ValueOrDie().state, ReceiverPoll::kPending);
}

TEST(RunReceiver, AFailureReachesEveryRun) {
  Scene scene;
  auto receiver = scene.Start();
  receiver->Fail(arrow::Status::IOError("lost"));
  for (auto* run : receiver->Runs()) EXPECT_EQ(run->TryTake([] {}).status().message(), "lost");
}

}  // namespace
}  // namespace skein::core
