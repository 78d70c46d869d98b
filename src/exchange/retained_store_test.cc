#include "exchange/retained_store.h"

#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <thread>

#include <gtest/gtest.h>

#include "base/error.h"
#include "exchange/scripted_channel.h"

namespace skein::core {
namespace {

using Item = UnitReader::Item;

ProducerKey ProducerOf(const UnitKey& key) { return {key.query, key.exchange, key.task, key.attempt}; }

std::unique_ptr<RetainedStore> MakeStore(uint64_t memory_bytes, uint64_t disk_bytes = 1 << 20) {
  return RetainedStore::Make({memory_bytes, disk_bytes, testing::TempDir()}).ValueOrDie();
}

void PutUnit(RetainedStore& store, const UnitKey& key, const std::vector<Block>& blocks) {
  ASSERT_TRUE(store.OpenUnit(key).ok());
  for (const auto& block : blocks) ASSERT_TRUE(store.Append(key, block).ok());
  ASSERT_TRUE(store.CloseUnit(key, {{0, 7}}).ok());
}

/// The texts of all blocks up to the end of the producer.
arrow::Result<std::vector<std::string>> ReadTexts(RetainedStore& store, const ProducerKey& key, PartitionRange range) {
  std::vector<std::string> texts;
  ARROW_ASSIGN_OR_RAISE(auto reader, store.Read(key, range));
  while (true) {
    ARROW_ASSIGN_OR_RAISE(auto item, reader->Next(kTestTimeout));
    if (!item) return arrow::Status::Invalid("the reader hangs");
    if (item->kind == Item::kEnd) return texts;
    if (item->kind == Item::kBlock) texts.push_back(item->block.data->ToString());
  }
}

size_t OpenDescriptors() {
  size_t count = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) count++;
  return count;
}

TEST(RetainedStore, ReadsBackWhatItKeepsInMemoryAndWhatItSpills) {
  for (const uint64_t memory_bytes : {uint64_t{1} << 20, uint64_t{1}, uint64_t{7}}) {
    auto store = MakeStore(memory_bytes);
    const auto key = MakeUnitKey(0, 0);
    PutUnit(*store, key, {MakeBlock("hello"), MakeBlock("skein"), MakeBlock("")});
    store->FinishProducer(ProducerOf(key), arrow::Status::OK());
    auto reader = store->Read(ProducerOf(key), PartitionRange::All()).ValueOrDie();
    for (uint32_t i = 0; i < 3; i++) {
      const auto item = reader->Next(kTestTimeout).ValueOrDie();
      ASSERT_EQ(item->kind, Item::kBlock);
      EXPECT_EQ(item->unit, key);
      EXPECT_EQ(item->block.sequence, i);
      EXPECT_EQ(item->block.checksum, ChecksumOf(*item->block.data));
    }
    const auto trailer = reader->Next(kTestTimeout).ValueOrDie()->trailer;
    EXPECT_EQ(trailer.inputs, (std::vector<UnitInput>{{0, 7}}));
    ASSERT_EQ(trailer.parts.size(), 1u);
    EXPECT_EQ(trailer.parts[0].blocks, 3u);
    EXPECT_EQ(trailer.parts[0].bytes, 10u);
    const auto end = reader->Next(kTestTimeout).ValueOrDie();
    EXPECT_EQ(end->kind, Item::kEnd);
    EXPECT_EQ(end->units, 1u);
    EXPECT_EQ(store->Usage().memory_bytes + store->Usage().disk_bytes, 10u);
  }
}

TEST(RetainedStore, RefusesAppendsOverItsDiskBudgetByName) {
  auto store = MakeStore(1, 8);
  const auto key = MakeUnitKey(0, 0);
  ASSERT_TRUE(store->OpenUnit(key).ok());
  ASSERT_TRUE(store->Append(key, MakeBlock("12345")).ok());
  const auto status = store->Append(key, MakeBlock("6789"));
  EXPECT_NE(status.message().find(testing::TempDir()), std::string::npos) << status.ToString();
  EXPECT_EQ(DetailOf(status)->fault(), Fault::kWorld);
  EXPECT_FALSE(DetailOf(status)->is_retryable());
}

TEST(RetainedStore, NamesADirectoryThatCannotHoldFiles) {
  const auto status = RetainedStore::Make({1, 1, "/nowhere/at/all"}).status();
  EXPECT_NE(status.message().find("directory=/nowhere/at/all"), std::string::npos) << status.ToString();
}

/// Spills into a file that may not grow, in a process of its own, and ends that process: 0 if all was as it should be.
void SpillWithoutRoom() {
  signal(SIGXFSZ, SIG_IGN);
  const rlimit limit{4, 4};
  setrlimit(RLIMIT_FSIZE, &limit);
  auto store = MakeStore(1);
  const auto key = MakeUnitKey(0, 0);
  const bool is_open = store->OpenUnit(key).ok();
  const auto status = store->Append(key, MakeBlock("more than four bytes"));
  const bool is_named = status.message().find(testing::TempDir()) != std::string::npos;
  const bool is_broken = !store->CloseUnit(key, {}).ok();
  _exit(is_open && is_named && is_broken ? 0 : 1);
}

TEST(RetainedStore, NamesItsDirectoryWhenTheSpillFileCannotGrow) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");  // other tests may have left threads behind
  EXPECT_EXIT(SpillWithoutRoom(), testing::ExitedWithCode(0), "");
}

TEST(RetainedStore, ReadsOnlyBlocksThatOverlapTheRange) {
  const auto ranges = SplitEvenly(4);
  for (const uint64_t memory_bytes : {uint64_t{1} << 20, uint64_t{1}}) {
    auto store = MakeStore(memory_bytes);
    const auto key = MakeUnitKey(0, 0);
    PutUnit(*store, key, {MakeBlock("0", ranges[0]), MakeBlock("3", ranges[3]), MakeBlock("1", ranges[1])});
    store->FinishProducer(ProducerOf(key), arrow::Status::OK());
    EXPECT_EQ(*ReadTexts(*store, ProducerOf(key), ranges[3]), (std::vector<std::string>{"3"}));
    const PartitionRange sub{ranges[0].high - 1, ranges[1].low + 1};
    EXPECT_EQ(*ReadTexts(*store, ProducerOf(key), sub), (std::vector<std::string>{"0", "1"}));
    EXPECT_EQ(*ReadTexts(*store, ProducerOf(key), ranges[2]), (std::vector<std::string>{}));
  }
}

TEST(RetainedStore, ShowsAUnitOnlyWhenItIsClosed) {
  auto store = MakeStore(1 << 20);
  const auto key = MakeUnitKey(0, 0);
  auto reader = store->Read(ProducerOf(key), PartitionRange::All()).ValueOrDie();
  ASSERT_TRUE(store->OpenUnit(key).ok());
  ASSERT_TRUE(store->Append(key, MakeBlock("a")).ok());
  EXPECT_FALSE(reader->Next(std::chrono::milliseconds(1)).ValueOrDie().has_value());
  ASSERT_TRUE(store->CloseUnit(key, {}).ok());
  EXPECT_EQ(reader->Next(kTestTimeout).ValueOrDie()->kind, Item::kBlock);
}

TEST(RetainedStore, DropsOpenUnitsOfAProducerThatFinishes) {
  auto store = MakeStore(1 << 20);
  PutUnit(*store, MakeUnitKey(0, 0), {MakeBlock("a")});
  ASSERT_TRUE(store->OpenUnit(MakeUnitKey(0, 1)).ok());
  ASSERT_TRUE(store->Append(MakeUnitKey(0, 1), MakeBlock("lost")).ok());
  store->FinishProducer(ProducerOf(MakeUnitKey(0, 0)), arrow::Status::OK());
  EXPECT_EQ(*ReadTexts(*store, ProducerOf(MakeUnitKey(0, 0)), PartitionRange::All()), (std::vector<std::string>{"a"}));
  EXPECT_EQ(store->Usage().units, 1u);
  EXPECT_EQ(store->Usage().memory_bytes, 1u);
  EXPECT_FALSE(store->OpenUnit(MakeUnitKey(0, 2)).ok());
}

TEST(RetainedStore, GivesReadersTheErrorOfAFailedProducer) {
  auto store = MakeStore(1 << 20);
  const auto key = MakeUnitKey(0, 0);
  PutUnit(*store, key, {MakeBlock("a"), MakeBlock("b")});
  auto reader = store->Read(ProducerOf(key), PartitionRange::All()).ValueOrDie();
  ASSERT_EQ(reader->Next(kTestTimeout).ValueOrDie()->kind, Item::kBlock);
  const auto error = UserError("cannot cast", "Conversion");
  store->FinishProducer(ProducerOf(key), error);
  EXPECT_EQ(reader->Next(kTestTimeout).status(), error);
  EXPECT_EQ(DetailOf(reader->Next(kTestTimeout).status())->duckdb_type(), "Conversion");
  EXPECT_EQ(ReadTexts(*store, ProducerOf(key), PartitionRange::All()).status(), error);
  EXPECT_EQ(store->Usage().memory_bytes, 0u);
}

TEST(RetainedStore, WakesAReaderWhenTheQueryIsDropped) {
  auto store = MakeStore(1 << 20);
  const auto key = MakeUnitKey(0, 0);
  auto reader = store->Read(ProducerOf(key), PartitionRange::All()).ValueOrDie();
  std::thread dropper([&] { store->DropQuery(key.query); });
  const auto before = std::chrono::steady_clock::now();
  EXPECT_TRUE(reader->Next(kTestTimeout).status().IsCancelled());
  EXPECT_LT(std::chrono::steady_clock::now() - before, kTestTimeout / 2);
  dropper.join();
  EXPECT_TRUE(reader->Next(kTestTimeout).status().IsCancelled());
}

TEST(RetainedStore, RefusesWhatComesAfterTheDrop) {
  auto store = MakeStore(1 << 20);
  const auto key = MakeUnitKey(0, 0);
  ASSERT_TRUE(store->OpenUnit(key).ok());
  store->DropQuery(key.query);
  EXPECT_TRUE(store->Append(key, MakeBlock("late")).IsCancelled());
  EXPECT_TRUE(store->OpenUnit(MakeUnitKey(0, 1)).IsCancelled());
  EXPECT_TRUE(store->CloseUnit(key, {}).status().IsCancelled());
  EXPECT_TRUE(store->Read(ProducerOf(key), PartitionRange::All()).status().IsCancelled());
  store->FinishProducer(ProducerOf(key), arrow::Status::OK());
  EXPECT_EQ(store->Usage().queries, 0u);
}

TEST(RetainedStore, FreesMemoryDiskAndDescriptorsWhenAQueryIsDropped) {
  auto store = MakeStore(4);
  const auto before = OpenDescriptors();
  const auto key = MakeUnitKey(0, 0);
  PutUnit(*store, key, {MakeBlock("mem"), MakeBlock("spilled")});
  auto reader = store->Read(ProducerOf(key), PartitionRange::All()).ValueOrDie();
  const auto held = reader->Next(kTestTimeout).ValueOrDie()->block.data;
  EXPECT_EQ(OpenDescriptors(), before + 1);
  store->DropQuery(key.query);
  EXPECT_EQ(OpenDescriptors(), before);
  EXPECT_EQ(store->Usage().memory_bytes, 0u);
  EXPECT_EQ(store->Usage().disk_bytes, 0u);
  EXPECT_EQ(store->Usage().units, 0u);
  EXPECT_EQ(held->ToString(), "mem");
}

TEST(RetainedStore, LeavesNoFileInItsDirectory) {
  const auto directory = std::filesystem::path(testing::TempDir()) / ("skein_store_" + RandomHex(8));
  std::filesystem::create_directory(directory);
  auto store = RetainedStore::Make({1, 1 << 20, directory}).ValueOrDie();
  PutUnit(*store, MakeUnitKey(0, 0), {MakeBlock("spilled")});
  EXPECT_EQ(store->Usage().disk_bytes, 7u);
  EXPECT_TRUE(std::filesystem::is_empty(directory));
  std::filesystem::remove(directory);
}

TEST(RetainedStore, CountsWhatAProducerHasSpilled) {
  auto store = MakeStore(3);
  PutUnit(*store, MakeUnitKey(0, 0), {MakeBlock("mem"), MakeBlock("spilled"), MakeBlock("more")});
  PutUnit(*store, MakeUnitKey(1, 0), {MakeBlock("another's")});
  EXPECT_EQ(store->SpilledBytes(ProducerOf(MakeUnitKey(0, 0))), 11u);
  EXPECT_EQ(store->SpilledBytes(ProducerOf(MakeUnitKey(9, 0))), 0u);
}

TEST(RetainedStore, AppendsFromSeveralThreadsWithoutLosingABlock) {
  auto store = MakeStore(50);
  std::vector<std::thread> threads;
  for (uint32_t unit = 0; unit < 4; unit++) {
    threads.emplace_back([&store, unit] {
      PutUnit(*store, MakeUnitKey(0, unit), std::vector<Block>(25, MakeBlock("block" + std::to_string(unit))));
    });
  }
  for (auto& thread : threads) thread.join();
  store->FinishProducer(ProducerOf(MakeUnitKey(0, 0)), arrow::Status::OK());
  const auto texts = *ReadTexts(*store, ProducerOf(MakeUnitKey(0, 0)), PartitionRange::All());
  for (uint32_t unit = 0; unit < 4; unit++) {
    EXPECT_EQ(std::count(texts.begin(), texts.end(), "block" + std::to_string(unit)), 25);
  }
}

}  // namespace
}  // namespace skein::core
