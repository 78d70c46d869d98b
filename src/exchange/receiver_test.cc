#include "exchange/receiver.h"

#include <algorithm>
#include <thread>

#include <gtest/gtest.h>

#include "base/error.h"
#include "exchange/local_channel.h"
#include "exchange/scripted_channel.h"

namespace skein::core {
namespace {

using Texts = std::vector<std::string>;

struct Scene {
  std::shared_ptr<ScriptedResolver> channel = std::make_shared<ScriptedResolver>();
  ReceiverOptions options = MakeReceiverOptions(1);

  std::unique_ptr<Receiver> Start(const std::vector<Producer>& producers) {
    auto receiver = Receiver::Make(options, channel);
    receiver->AddProducers(producers);
    return receiver;
  }
};

void ExpectError(const arrow::Result<Texts>& result, const std::string& text) {
  ASSERT_FALSE(result.ok());
  EXPECT_NE(result.status().message().find(text), std::string::npos) << result.status().ToString();
}

TEST(Receiver, TakesTheUnitsOfAllProducers) {
  Scene scene;
  scene.options.producer_tasks = 2;
  scene.channel->Script(
      0, 0, Join({MakeUnit(MakeUnitKey(0, 0), {"a", "b"}), MakeUnit(MakeUnitKey(0, 1), {"c"}), {MakeEnd(2)}}));
  scene.channel->Script(1, 0, Join({MakeUnit(MakeUnitKey(1, 0), {"d"}), {MakeEnd(1)}}));
  auto receiver = scene.Start({MakeProducer(0), MakeProducer(1)});
  auto texts = TakeAll(*receiver).ValueOrDie();
  std::sort(texts.begin(), texts.end());
  EXPECT_EQ(texts, (Texts{"a", "b", "c", "d"}));
  EXPECT_EQ(receiver->rows(), 4u);
  EXPECT_EQ(receiver->bytes(), 4u);
  EXPECT_EQ(receiver->summary().count, 3u);
}

TEST(Receiver, TakesAUnitThatIsDeliveredTwiceOnce) {
  Scene scene;
  const auto unit = MakeUnit(MakeUnitKey(0, 0), {"a", "b"});
  scene.channel->Script(0, 0, Join({unit, unit, {MakeEnd(1)}}));
  EXPECT_EQ(TakeAll(*scene.Start({MakeProducer(0)})).ValueOrDie(), (Texts{"a", "b"}));
}

TEST(Receiver, TakesAUnitOfTwoAttemptsOnce) {
  Scene scene;
  scene.channel->Script(0, 0, Join({MakeUnit(MakeUnitKey(0, 0, 0), {"a", "b"}), {MakeEnd(1)}}));
  scene.channel->Script(0, 1, Join({MakeUnit(MakeUnitKey(0, 0, 1), {"a", "b"}), {MakeEnd(1)}}));
  auto texts = TakeAll(*scene.Start({MakeProducer(0, 0), MakeProducer(0, 1)})).ValueOrDie();
  std::sort(texts.begin(), texts.end());
  EXPECT_EQ(texts, (Texts{"a", "b"}));
}

TEST(Receiver, TakesBlocksOutOfOrderWhereOrderDoesNotMatter) {
  Scene scene;
  auto unit = MakeUnit(MakeUnitKey(0, 0), {"a", "b"});
  std::swap(unit[0], unit[1]);
  scene.channel->Script(0, 0, Join({unit, {MakeEnd(1)}}));
  EXPECT_EQ(TakeAll(*scene.Start({MakeProducer(0)})).ValueOrDie(), (Texts{"b", "a"}));
}

TEST(Receiver, NamesSwappedBlocksOfAnOrderedExchange) {
  Scene scene;
  scene.options.is_ordered = true;
  auto unit = MakeUnit(MakeUnitKey(0, 0), {"a", "b"});
  std::swap(unit[0], unit[1]);
  scene.channel->Script(0, 0, Join({unit, {MakeEnd(1)}}));
  ExpectError(TakeAll(*scene.Start({MakeProducer(0)})), "block out of order: task=0");
}

TEST(Receiver, KeepsTheOrderOfTasksInAnOrderedExchange) {
  Scene scene;
  scene.options.is_ordered = true;
  scene.options.producer_tasks = 3;
  for (uint32_t task = 0; task < 3; task++) {
    const auto name = std::to_string(task);
    scene.channel->Script(task, 0, Join({MakeUnit(MakeUnitKey(task, 0), {name + "a", name + "b"}), {MakeEnd(1)}}));
  }
  auto receiver = scene.Start({MakeProducer(2), MakeProducer(0), MakeProducer(1)});
  EXPECT_EQ(TakeAll(*receiver).ValueOrDie(), (Texts{"0a", "0b", "1a", "1b", "2a", "2b"}));
}

TEST(Receiver, NamesATruncatedUnit) {
  Scene scene;
  auto unit = MakeUnit(MakeUnitKey(0, 0), {"a", "b"});
  unit.erase(unit.begin());
  scene.channel->Script(0, 0, Join({unit, {MakeEnd(1)}}));
  ExpectError(TakeAll(*scene.Start({MakeProducer(0)})), "unit truncated: task=0 attempt=0 unit=0 blocks=1/2");
}

TEST(Receiver, NamesAFlippedByte) {
  Scene scene;
  auto unit = MakeUnit(MakeUnitKey(0, 0), {"aaaa"});
  unit[0].block.data = arrow::Buffer::FromString("aaba");
  scene.channel->Script(0, 0, Join({unit, {MakeEnd(1)}}));
  ExpectError(TakeAll(*scene.Start({MakeProducer(0)})), "block checksum differs");
}

TEST(Receiver, NamesAMissingUnit) {
  Scene scene;
  scene.channel->Script(0, 0, Join({MakeUnit(MakeUnitKey(0, 0), {"a"}), {MakeEnd(2)}}));
  ExpectError(TakeAll(*scene.Start({MakeProducer(0)})), "unit missing: task=0 attempt=0 units=1/2");
}

TEST(Receiver, NamesAUnitOfAnotherIncarnation) {
  Scene scene;
  auto key = MakeUnitKey(0, 0);
  key.incarnation++;
  scene.channel->Script(0, 0, Join({MakeUnit(key, {"a"}), {MakeEnd(1)}}));
  ExpectError(TakeAll(*scene.Start({MakeProducer(0)})), "unit of another producer");
}

TEST(Receiver, PassesOnTheErrorOfAStreamAsItIs) {
  Scene scene;
  scene.channel->Script(0, 0, MakeUnit(MakeUnitKey(0, 0), {"a"}), UserError("division by zero", "Conversion"));
  auto result = TakeAll(*scene.Start({MakeProducer(0)}));
  ExpectError(result, "division by zero");
  EXPECT_EQ(DetailOf(result.status())->duckdb_type(), "Conversion");
}

TEST(Receiver, NeverDeadlocksWithAQueueOfOneBlock) {
  Scene scene;
  scene.options.producer_tasks = 4;
  scene.options.queue_bytes = 1;
  std::vector<Producer> producers;
  for (uint32_t task = 0; task < 4; task++) {
    std::vector<Items> parts;
    for (uint32_t unit = 0; unit < 20; unit++)
      parts.push_back(MakeUnit(MakeUnitKey(task, unit), {"abc", "def", "ghi"}));
    parts.push_back({MakeEnd(20)});
    scene.channel->Script(task, 0, Join(std::move(parts)));
    producers.push_back(MakeProducer(task));
  }
  auto receiver = scene.Start(producers);
  EXPECT_EQ(TakeAll(*receiver).ValueOrDie().size(), 240u);
  EXPECT_EQ(receiver->summary().count, 80u);
}

TEST(Receiver, ReadsProducersThatAreAddedWhileItRuns) {
  Scene scene;
  scene.options.producer_tasks = 2;
  scene.channel->Script(0, 0, Join({MakeUnit(MakeUnitKey(0, 0), {"a"}), {MakeEnd(1)}}));
  scene.channel->Script(1, 0, Join({MakeUnit(MakeUnitKey(1, 0), {"b"}), {MakeEnd(1)}}));
  auto receiver = scene.Start({MakeProducer(0)});
  EXPECT_EQ(Take(*receiver)->received.block.data->ToString(), "a");
  EXPECT_EQ(receiver->TryTake([] {})->state, ReceiverPoll::kPending);
  receiver->AddProducers({MakeProducer(0), MakeProducer(1)});  // the first one is known
  EXPECT_EQ(TakeAll(*receiver).ValueOrDie(), (Texts{"b"}));
}

TEST(Receiver, FinishesAtOnceWithoutProducers) {
  Scene scene;
  scene.options.producer_tasks = 0;
  EXPECT_EQ(scene.Start({})->TryTake([] {})->state, ReceiverPoll::kFinished);
}

TEST(Receiver, WakesEveryWaitingCallerWhenItFails) {
  Scene scene;
  scene.channel->Script(0, 0, {});
  auto receiver = scene.Start({MakeProducer(0)});
  int woken = 0;
  for (int i = 0; i < 3; i++) ASSERT_EQ(receiver->TryTake([&woken] { woken++; })->state, ReceiverPoll::kPending);
  receiver->Fail(Unavailable("worker lost: worker=3"));
  EXPECT_EQ(woken, 3);
  for (int i = 0; i < 2; i++) EXPECT_EQ(receiver->TryTake([] {}).status().message(), "worker lost: worker=3");
  receiver->Stop();
  EXPECT_FALSE(receiver->TryTake([] {}).ok());
}

TEST(Receiver, FailsEvenAfterAllHasArrived) {
  Scene scene;
  scene.channel->Script(0, 0, Join({MakeUnit(MakeUnitKey(0, 0), {"a"}), {MakeEnd(1)}}));
  auto receiver = scene.Start({MakeProducer(0)});
  ASSERT_EQ(TakeAll(*receiver).ValueOrDie(), (Texts{"a"}));
  receiver->Fail(Unavailable("ledgers differ"));
  EXPECT_FALSE(receiver->TryTake([] {}).ok());
}

TEST(Receiver, EndsWithoutRowsWhenItIsStopped) {
  Scene scene;
  scene.options.queue_bytes = 1;
  scene.channel->Script(0, 0, MakeUnit(MakeUnitKey(0, 0), {"a", "b", "c", "d"}));
  auto receiver = scene.Start({MakeProducer(0)});
  ASSERT_EQ(Take(*receiver)->state, ReceiverPoll::kBlock);
  receiver->Stop();
  EXPECT_EQ(receiver->TryTake([] {})->state, ReceiverPoll::kFinished);
  receiver->Fail(CancelledError("too late"));
  EXPECT_EQ(receiver->TryTake([] {})->state, ReceiverPoll::kFinished);
}

TEST(Receiver, IsDestroyedPromptlyWhateverItWaitsFor) {
  Scene scene;
  scene.options.producer_tasks = 3;
  scene.options.queue_bytes = 1;
  scene.channel->Script(0, 0, MakeUnit(MakeUnitKey(0, 0), {"a", "b", "c", "d"}));  // waits for room
  scene.channel->Script(1, 0, {});                                                 // waits for its producer
  for (bool is_ordered : {false, true}) {
    scene.options.is_ordered = is_ordered;  // then task 1 waits for its turn
    auto receiver = scene.Start({MakeProducer(0), MakeProducer(1)});
    ASSERT_EQ(Take(*receiver)->state, ReceiverPoll::kBlock);
    const auto before = std::chrono::steady_clock::now();
    receiver.reset();
    EXPECT_LT(std::chrono::steady_clock::now() - before, std::chrono::seconds(1));
  }
}

TEST(Receiver, ReadsAStoreOfTheSameProcessByPointer) {
  auto store = RetainedStore::Make({}).ValueOrDie();
  const auto key = MakeUnitKey(0, 0);
  ASSERT_TRUE(store->OpenUnit(key).ok());
  const auto block = MakeBlock("local");
  ASSERT_TRUE(store->Append(key, block).ok());
  ASSERT_TRUE(store->CloseUnit(key, {}).ok());
  store->FinishProducer({key.query, key.exchange, 0, 0}, arrow::Status::OK());
  auto receiver = Receiver::Make(MakeReceiverOptions(1), MakeLocalChannelResolver("here:1", *store, nullptr));
  receiver->AddProducers({MakeProducer(0, 0, "here:1")});
  EXPECT_EQ(Take(*receiver)->received.block.data->data(), block.data->data());
  EXPECT_EQ(Take(*receiver)->state, ReceiverPoll::kFinished);
}

TEST(Receiver, IsDestroyedPromptlyWhileALocalProducerHasNotBegun) {
  auto store = RetainedStore::Make({}).ValueOrDie();
  auto receiver = Receiver::Make(MakeReceiverOptions(1), MakeLocalChannelResolver("here:1", *store, nullptr));
  receiver->AddProducers({MakeProducer(0, 0, "here:1")});
  const auto before = std::chrono::steady_clock::now();
  receiver.reset();
  EXPECT_LT(std::chrono::steady_clock::now() - before, std::chrono::seconds(1));
}

}  // namespace
}  // namespace skein::core
