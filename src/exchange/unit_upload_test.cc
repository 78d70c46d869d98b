#include "exchange/unit_upload.h"

#include <atomic>
#include <future>

#include <gtest/gtest.h>

#include "base/error.h"
#include "exchange/scripted_channel.h"

namespace skein::core {
namespace {

using Item = UnitReader::Item;

constexpr char kSecret[] = "correct horse";

bool Never() { return false; }

/// Says its items, as the reader of a closed unit does.
class ScriptedUnit : public UnitReader {
 public:
  explicit ScriptedUnit(Items items) : items_(std::move(items)) {}

  arrow::Result<std::optional<Item>> Next(std::chrono::milliseconds) override {
    if (at_ == items_.size()) return arrow::Status::Invalid("read past the trailer");
    const auto item = items_[at_++];
    if (before_item) before_item(at_);
    return item;
  }

  /// Called with the number of items read.
  std::function<void(size_t)> before_item;

 private:
  const Items items_;
  size_t at_ = 0;
};

/// A store whose disk hangs until Release.
class HangingStore : public RetainedStore {
 public:
  explicit HangingStore(RetainedStore& store) : store_(store) {}
  arrow::Status OpenUnit(const UnitKey& key) override { return store_.OpenUnit(key); }
  arrow::Status Append(const UnitKey& key, Block block) override {
    released_.wait();
    return store_.Append(key, std::move(block));
  }
  arrow::Result<UnitTrailer> CloseUnit(const UnitKey& key, std::vector<UnitInput> inputs) override {
    return store_.CloseUnit(key, std::move(inputs));
  }
  void FinishProducer(const ProducerKey& key, arrow::Status status) override {
    store_.FinishProducer(key, std::move(status));
  }
  arrow::Result<std::unique_ptr<UnitReader>> Read(const ProducerKey& key, PartitionRange range) override {
    return store_.Read(key, range);
  }
  void DropQuery(const QueryId& query) override { store_.DropQuery(query); }
  RetainedStoreUsage Usage() const override { return store_.Usage(); }
  uint64_t SpilledBytes(const ProducerKey& key) const override { return store_.SpilledBytes(key); }

  void Release() { release_.set_value(); }

 private:
  RetainedStore& store_;
  std::promise<void> release_;
  const std::shared_future<void> released_ = release_.get_future();
};

class UnitUpload : public testing::Test {
 protected:
  void Serve(uint64_t memory_bytes = uint64_t{1} << 30) {
    store_ = RetainedStore::Make({memory_bytes, uint64_t{1} << 30, testing::TempDir()}).ValueOrDie();
    Serve(*store_);
  }
  void Serve(RetainedStore& store) {
    server_ = DataServer::Start("127.0.0.1", 0, kSecret, store).ValueOrDie();
    address_ = "127.0.0.1:" + std::to_string(server_->port());
  }
  arrow::Result<UnitTrailer> Upload(UnitReader& from, const std::function<bool()>& is_cancelled = Never) {
    return UploadUnit(from, address_, options_, key_, is_cancelled);
  }
  arrow::Result<UnitTrailer> Upload(Items items, const std::function<bool()>& is_cancelled = Never) {
    ScriptedUnit from(std::move(items));
    return Upload(from, is_cancelled);
  }
  arrow::Result<std::vector<std::string>> TakeAllOf(PartitionRange range = PartitionRange::All()) {
    auto options = MakeReceiverOptions(1);
    options.range = range;
    auto receiver = Receiver::Make(options, MakeFlightChannelResolver({kSecret, std::chrono::seconds(5)}));
    receiver->AddProducers({MakeProducer(0, 0, address_)});
    return TakeAll(*receiver);
  }
  arrow::Result<std::optional<Item>> ReadNext(std::chrono::milliseconds timeout) {
    auto reader = store_->Read({key_.query, key_.exchange, key_.task, key_.attempt}, PartitionRange::All());
    return (*reader)->Next(timeout);
  }
  /// Ends the server and what it still does, and expects that a reader gets nothing.
  void ExpectUnreadable() {
    server_.reset();
    const auto item = ReadNext(std::chrono::milliseconds(0));
    EXPECT_FALSE(item.ok() && item->has_value());
    EXPECT_EQ(store_->Usage().units, 0u);
    EXPECT_EQ(store_->Usage().memory_bytes, 0u);
  }
  void ExpectUnavailable(const arrow::Status& status) {
    ASSERT_NE(DetailOf(status), nullptr) << status.ToString();
    EXPECT_TRUE(DetailOf(status)->is_retryable()) << status.ToString();
  }
  static Items Large(size_t blocks) {
    return MakeUnit(MakeUnitKey(0, 0), std::vector<std::string>(blocks, std::string(size_t{1} << 20, 'x')));
  }

  const UnitKey key_ = MakeUnitKey(0, 0);
  FlightChannelOptions options_{.secret = kSecret};
  std::unique_ptr<RetainedStore> store_;
  std::unique_ptr<DataServer> server_;
  std::string address_;
};

TEST_F(UnitUpload, BringsAUnitToAReceiver) {
  Serve();
  const auto trailer = Upload(MakeUnit(MakeUnitKey(5, 6, 7), {"a", "", "ccc"})).ValueOrDie();
  EXPECT_EQ(trailer.key, key_);
  ASSERT_EQ(trailer.parts.size(), 1u);
  EXPECT_EQ(trailer.parts[0].rows, 3u);
  EXPECT_EQ(trailer.parts[0].bytes, 4u);
  EXPECT_EQ(TakeAllOf().ValueOrDie(), (std::vector<std::string>{"a", "", "ccc"}));
}

TEST_F(UnitUpload, BringsAUnitWithoutRows) {
  Serve();
  ASSERT_TRUE(Upload(MakeUnit(key_, {})).ok());
  EXPECT_EQ(TakeAllOf().ValueOrDie(), std::vector<std::string>{});
}

TEST_F(UnitUpload, KeepsTheRangesOfBlocks) {
  Serve();
  const auto ranges = SplitEvenly(2);
  auto source = RetainedStore::Make({1 << 20, 1 << 20, testing::TempDir()}).ValueOrDie();
  const UnitKey local{{9, 9}, 0, 0, 0, 0, 0};
  ASSERT_TRUE(source->OpenUnit(local).ok());
  for (const char* text : {"0", "1", "0", "1"}) {
    ASSERT_TRUE(source->Append(local, MakeBlock(text, ranges[text[0] - '0'])).ok());
  }
  ASSERT_TRUE(source->CloseUnit(local, {}).ok());
  source->FinishProducer({local.query, 0, 0, 0}, arrow::Status::OK());
  auto from = source->Read({local.query, 0, 0, 0}, PartitionRange::All()).ValueOrDie();
  ASSERT_TRUE(Upload(*from).ok());
  EXPECT_EQ(TakeAllOf(ranges[1]).ValueOrDie(), (std::vector<std::string>{"1", "1"}));
}

TEST_F(UnitUpload, BringsAUnitThatTheServerSpills) {
  Serve(/*memory_bytes=*/1 << 20);
  ASSERT_TRUE(Upload(Large(20)).ok());
  EXPECT_GE(store_->Usage().disk_bytes, uint64_t{19} << 20);
  const auto texts = TakeAllOf().ValueOrDie();
  ASSERT_EQ(texts.size(), 20u);
  for (const auto& text : texts) ASSERT_TRUE(text == std::string(size_t{1} << 20, 'x'));
}

TEST_F(UnitUpload, IsRefusedWithAWrongSecret) {
  Serve();
  options_.secret = "wrong horse";
  const auto status = Upload(MakeUnit(key_, {"a"})).status();
  EXPECT_EQ(status.message(), "secret refused: address=" + address_);
  EXPECT_EQ(store_->Usage().queries, 0u);
}

TEST_F(UnitUpload, NamesAnAddressWhereNobodyListens) {
  Serve();
  server_.reset();
  const auto status = Upload(MakeUnit(key_, {"a"})).status();
  ExpectUnavailable(status);
  EXPECT_NE(status.message().find(address_), std::string::npos) << status.ToString();
}

TEST_F(UnitUpload, ReportsAPeerThatGoesAwayInTheMiddle) {
  Serve();
  ScriptedUnit from(Large(50));
  from.before_item = [this](size_t read) {
    if (read == 10) server_.reset();
  };
  ExpectUnavailable(Upload(from).status());
  ExpectUnreadable();
}

TEST_F(UnitUpload, IsRefusedWithAFlippedByte) {
  Serve();
  auto items = Large(30);
  auto bytes = items[3].block.data->ToString();
  bytes[17] ^= 1;
  items[3].block.data = arrow::Buffer::FromString(bytes);
  const auto status = Upload(items).status();
  ExpectUnavailable(status);
  EXPECT_EQ(status.message(), "uploaded block has a wrong checksum: exchange=3 task=0 unit=0 sequence=3");
  EXPECT_EQ(ReadNext(kTestTimeout).status().message(), status.message());  // no task waits for it
  ExpectUnreadable();
}

TEST_F(UnitUpload, RefusesAUnitThatDiffersFromItsTrailer) {
  Serve();
  auto items = MakeUnit(key_, {"a", "b"});
  items.erase(items.begin());
  EXPECT_EQ(DetailOf(Upload(items).status())->fault(), Fault::kInternal);
  ExpectUnreadable();
}

TEST_F(UnitUpload, LeavesNothingReadableWhenItIsCancelled) {
  Serve();
  std::atomic<bool> is_cancelled{false};
  std::promise<void> is_noticed;
  ScriptedUnit from(Large(50));
  from.before_item = [&](size_t read) {
    if (read != 10) return;
    is_cancelled = true;
    EXPECT_EQ(is_noticed.get_future().wait_for(kTestTimeout), std::future_status::ready);
  };
  bool was_asked = false;
  const auto status = Upload(from, [&] {
                        if (is_cancelled && !std::exchange(was_asked, true)) is_noticed.set_value();
                        return is_cancelled.load();
                      }).status();
  EXPECT_TRUE(status.IsCancelled()) << status.ToString();
  ExpectUnreadable();
}

TEST_F(UnitUpload, IsCancelledWhileTheServerTakesNothing) {
  Serve();
  HangingStore hanging(*store_);
  Serve(hanging);
  std::atomic<int> asked{0};
  const auto status = Upload(Large(200), [&] { return ++asked > 5; }).status();
  EXPECT_TRUE(status.IsCancelled()) << status.ToString();
  hanging.Release();
  ExpectUnreadable();
}

TEST_F(UnitUpload, GivesUpAServerThatTakesNothing) {
  Serve();
  HangingStore hanging(*store_);
  Serve(hanging);
  options_.stall_timeout = std::chrono::milliseconds(300);
  const auto status = Upload(Large(200)).status();
  ExpectUnavailable(status);
  EXPECT_EQ(status.message(), "upload stalled: address=" + address_ + " after_ms=300");
  hanging.Release();
  ExpectUnreadable();
}

TEST_F(UnitUpload, BringsTheErrorOfTheServersDisk) {
  store_ = RetainedStore::Make({1 << 20, 1 << 20, testing::TempDir()}).ValueOrDie();
  Serve(*store_);
  const auto status = Upload(Large(20)).status();
  EXPECT_NE(status.message().find("over its disk budget"), std::string::npos) << status.ToString();
  EXPECT_FALSE(DetailOf(status)->is_retryable());
  EXPECT_EQ(store_->Usage().memory_bytes, 0u);
}

TEST_F(UnitUpload, LeavesAUnitAloneThatIsThereAlready) {
  Serve();
  ASSERT_TRUE(Upload(MakeUnit(key_, {"first"})).ok());
  EXPECT_FALSE(Upload(MakeUnit(key_, {"second"})).ok());
  EXPECT_EQ(TakeAllOf().ValueOrDie(), std::vector<std::string>{"first"});
}

TEST_F(UnitUpload, IsRefusedAfterItsQueryWasDropped) {
  Serve();
  store_->DropQuery(key_.query);
  EXPECT_TRUE(Upload(MakeUnit(key_, {"late"})).status().IsCancelled());
  EXPECT_EQ(store_->Usage().queries, 0u);
}

}  // namespace
}  // namespace skein::core
