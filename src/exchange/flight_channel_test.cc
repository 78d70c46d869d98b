#include "exchange/flight_channel.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <thread>

#include <gtest/gtest.h>

#include "base/error.h"
#include "exchange/scripted_channel.h"

namespace skein::core {
namespace {

using Item = UnitReader::Item;

constexpr char kSecret[] = "correct horse";

/// A store, the server before it, and a resolver that reads from it over a real socket.
struct Plane {
  std::unique_ptr<RetainedStore> store;
  std::unique_ptr<DataServer> server;
  std::shared_ptr<ChannelResolver> channel;
  std::string address;

  explicit Plane(uint64_t memory_bytes = 1 << 20, const std::string& client_secret = kSecret) {
    store = RetainedStore::Make({memory_bytes, uint64_t{1} << 30, testing::TempDir()}).ValueOrDie();
    server = DataServer::Start("127.0.0.1", 0, kSecret, *store).ValueOrDie();
    channel = MakeFlightChannelResolver({client_secret, std::chrono::seconds(5)});
    address = "127.0.0.1:" + std::to_string(server->port());
  }

  void PutUnit(const UnitKey& key, const std::vector<Block>& blocks) {
    ASSERT_TRUE(store->OpenUnit(key).ok());
    for (const auto& block : blocks) ASSERT_TRUE(store->Append(key, block).ok());
    ASSERT_TRUE(store->CloseUnit(key, {{2, 5}}).ok());
  }

  void Finish(uint32_t task, arrow::Status status = arrow::Status::OK()) {
    const auto key = MakeUnitKey(task, 0);
    store->FinishProducer({key.query, key.exchange, task, 0}, std::move(status));
  }

  std::unique_ptr<BlockStream> Open(uint32_t task = 0, PartitionRange range = PartitionRange::All()) {
    return channel->Open({1, 2}, 3, MakeProducer(task, 0, address), range).ValueOrDie();
  }
};

/// Asks until there is an item or an error.
arrow::Result<Item> NextItem(BlockStream& stream) {
  const auto deadline = std::chrono::steady_clock::now() + kTestTimeout;
  while (std::chrono::steady_clock::now() < deadline) {
    ARROW_ASSIGN_OR_RAISE(auto item, stream.Next(std::chrono::milliseconds(200)));
    if (item) return std::move(*item);
  }
  return arrow::Status::Invalid("the stream hangs");
}

void ExpectUnavailable(const arrow::Status& status, const std::string& address) {
  ASSERT_NE(DetailOf(status), nullptr) << status.ToString();
  EXPECT_TRUE(DetailOf(status)->is_retryable()) << status.ToString();
  EXPECT_NE(status.message().find(address), std::string::npos) << status.ToString();
}

TEST(FlightChannel, CarriesEveryFieldOfBlocksAndTrailers) {
  Plane plane;
  const auto range = SplitEvenly(3)[2];
  auto block = MakeBlock("bytes", range, 42);
  block.codec = BlockCodec::kDuckDbChunk;
  plane.PutUnit(MakeUnitKey(0, 9), {MakeBlock("", range), block});
  plane.Finish(0);
  auto stream = plane.Open();
  EXPECT_EQ(NextItem(*stream)->block.data->size(), 0);
  const auto got = NextItem(*stream).ValueOrDie();
  EXPECT_EQ(got.unit, MakeUnitKey(0, 9));
  EXPECT_EQ(got.block.range, range);
  EXPECT_EQ(got.block.sequence, 1u);
  EXPECT_EQ(got.block.rows, 42u);
  EXPECT_EQ(got.block.codec, BlockCodec::kDuckDbChunk);
  EXPECT_EQ(got.block.checksum, block.checksum);
  EXPECT_EQ(got.block.data->ToString(), "bytes");
  const auto trailer = NextItem(*stream).ValueOrDie().trailer;
  EXPECT_EQ(trailer.key, MakeUnitKey(0, 9));
  EXPECT_EQ(trailer.inputs, (std::vector<UnitInput>{{2, 5}}));
  ASSERT_EQ(trailer.parts.size(), 1u);
  EXPECT_EQ(trailer.parts[0].range, range);
  EXPECT_EQ(trailer.parts[0].rows, 43u);
  EXPECT_EQ(NextItem(*stream)->units, 1u);
}

TEST(FlightChannel, BringsManySpilledBlocksThroughAReceiver) {
  Plane plane(/*memory_bytes=*/200000);
  std::vector<Producer> producers;
  for (uint32_t task = 0; task < 3; task++) {
    for (uint32_t unit = 0; unit < 10; unit++) {
      std::vector<Block> blocks;
      for (char letter = 'a'; letter < 'f'; letter++) blocks.push_back(MakeBlock(std::string(10000 + unit, letter)));
      plane.PutUnit(MakeUnitKey(task, unit), blocks);
    }
    plane.Finish(task);
    producers.push_back(MakeProducer(task, 0, plane.address));
  }
  EXPECT_GT(plane.store->Usage().disk_bytes, 1000000u);
  auto receiver = Receiver::Make(MakeReceiverOptions(3), plane.channel);
  receiver->AddProducers(producers);
  EXPECT_EQ(TakeAll(*receiver).ValueOrDie().size(), 150u);
  EXPECT_EQ(receiver->bytes(), 3u * 5 * (10 * 10000 + 45));
}

TEST(FlightChannel, CarriesBlocksLargerThanTheTransportsUsualLimit) {
  Plane plane(uint64_t{1} << 30);
  const std::string large(size_t{20} << 20, 'x');
  plane.PutUnit(MakeUnitKey(0, 0), {MakeBlock(large)});
  const auto item = NextItem(*plane.Open()).ValueOrDie();
  EXPECT_EQ(ChecksumOf(*item.block.data), item.block.checksum);
  EXPECT_EQ(item.block.data->size(), static_cast<int64_t>(large.size()));
}

TEST(FlightChannel, ReadsOnlyTheAskedRange) {
  Plane plane;
  const auto ranges = SplitEvenly(2);
  plane.PutUnit(MakeUnitKey(0, 0), {MakeBlock("low", ranges[0]), MakeBlock("high", ranges[1])});
  auto stream = plane.Open(0, ranges[1]);
  EXPECT_EQ(NextItem(*stream)->block.data->ToString(), "high");
  EXPECT_EQ(NextItem(*stream)->kind, Item::kTrailer);
}

TEST(FlightChannel, WaitsForAProducerThatHasNotBegun) {
  Plane plane;
  auto receiver = Receiver::Make(MakeReceiverOptions(1), plane.channel);
  receiver->AddProducers({MakeProducer(0, 0, plane.address)});
  ASSERT_EQ(receiver->TryTake([] {})->state, ReceiverPoll::kPending);
  plane.PutUnit(MakeUnitKey(0, 0), {MakeBlock("a")});
  plane.Finish(0);
  EXPECT_EQ(TakeAll(*receiver).ValueOrDie(), std::vector<std::string>{"a"});
}

TEST(FlightChannel, KeepsTheDetailOfErrors) {
  Plane plane;
  const std::vector<arrow::Status> errors = {UserError("division", "Out of Range"), Unavailable("worker lost"),
                                             WorldError("disk full"), InternalError("bug"), CancelledError("enough")};
  for (uint32_t task = 0; task < errors.size(); task++) {
    plane.Finish(task, errors[task]);
    const auto status = NextItem(*plane.Open(task)).status();
    EXPECT_EQ(status.code(), errors[task].code());
    EXPECT_EQ(status.message(), errors[task].message());
    ASSERT_NE(DetailOf(status), nullptr) << status.ToString();
    EXPECT_EQ(DetailOf(status)->fault(), DetailOf(errors[task])->fault());
    EXPECT_EQ(DetailOf(status)->is_retryable(), DetailOf(errors[task])->is_retryable());
    EXPECT_EQ(DetailOf(status)->duckdb_type(), DetailOf(errors[task])->duckdb_type());
  }
}

TEST(FlightChannel, SaysThatTheQueryWasDropped) {
  Plane plane;
  plane.store->DropQuery({1, 2});
  EXPECT_TRUE(NextItem(*plane.Open()).status().IsCancelled());
}

TEST(FlightChannel, RefusesAWrongSecret) {
  for (const char* secret : {"wrong horse", "correct horse and more", ""}) {
    Plane plane(1 << 20, secret);
    plane.PutUnit(MakeUnitKey(0, 0), {MakeBlock("private")});
    const auto status = NextItem(*plane.Open()).status();
    EXPECT_EQ(status.message(), "secret refused: address=" + plane.address) << status.ToString();
    ASSERT_NE(DetailOf(status), nullptr);
    EXPECT_FALSE(DetailOf(status)->is_retryable());
  }
}

TEST(FlightChannel, NamesAnAddressWhereNobodyListens) {
  Plane plane;
  plane.server.reset();
  ExpectUnavailable(NextItem(*plane.Open()).status(), plane.address);
}

TEST(FlightChannel, NamesAnAddressThatIsInUse) {
  Plane plane;
  const auto status = DataServer::Start("127.0.0.1", plane.server->port(), kSecret, *plane.store).status();
  EXPECT_NE(status.message().find(plane.address), std::string::npos) << status.ToString();
  EXPECT_EQ(DetailOf(status)->fault(), Fault::kWorld);
}

TEST(FlightChannel, ReportsAPeerThatGoesAwayMidStream) {
  Plane plane;
  plane.PutUnit(MakeUnitKey(0, 0), {MakeBlock("a")});  // and the producer never finishes
  auto stream = plane.Open();
  ASSERT_EQ(NextItem(*stream)->kind, Item::kBlock);
  ASSERT_EQ(NextItem(*stream)->kind, Item::kTrailer);
  std::thread stopper([&] { plane.server.reset(); });
  const auto status = NextItem(*stream).status();
  stopper.join();
  ASSERT_NE(DetailOf(status), nullptr) << status.ToString();
  EXPECT_TRUE(DetailOf(status)->is_retryable()) << status.ToString();
}

TEST(FlightChannel, FailsTheReceiverWhenThePeerGoesAway) {
  Plane plane;
  plane.PutUnit(MakeUnitKey(0, 0), {MakeBlock("a")});
  auto receiver = Receiver::Make(MakeReceiverOptions(1), plane.channel);
  receiver->AddProducers({MakeProducer(0, 0, plane.address)});
  ASSERT_EQ(Take(*receiver)->state, ReceiverPoll::kBlock);
  plane.server.reset();
  const auto status = Take(*receiver).status();
  ASSERT_NE(DetailOf(status), nullptr) << status.ToString();
  EXPECT_TRUE(DetailOf(status)->is_retryable());
}

TEST(FlightChannel, StopsAServerWhoseReaderTakesNothing) {
  Plane plane(uint64_t{1} << 30);
  plane.PutUnit(MakeUnitKey(0, 0), std::vector<Block>(100, MakeBlock(std::string(1 << 20, 'x'))));
  auto stream = plane.Open();
  ASSERT_EQ(NextItem(*stream)->kind, Item::kBlock);  // then the window fills and the server's write waits
  const auto before = std::chrono::steady_clock::now();
  plane.server.reset();
  EXPECT_LT(std::chrono::steady_clock::now() - before, std::chrono::seconds(5));
  auto item = NextItem(*stream);
  while (item.ok() && item->kind == Item::kBlock) item = NextItem(*stream);
  ExpectUnavailable(item.status(), plane.address);
}

TEST(FlightChannel, EndsAWaitingReadByCancel) {
  Plane plane;
  auto stream = plane.Open();
  std::promise<void> is_reading;
  std::thread canceller([&] {
    is_reading.get_future().wait();
    stream->Cancel();
  });
  is_reading.set_value();
  EXPECT_TRUE(NextItem(*stream).status().IsCancelled());
  canceller.join();
  EXPECT_TRUE(NextItem(*stream).status().IsCancelled());
}

TEST(FlightChannel, DestroysAReceiverPromptlyThatWaitsForAProducer) {
  Plane plane;
  plane.PutUnit(MakeUnitKey(0, 0), {MakeBlock("a")});
  auto receiver = Receiver::Make(MakeReceiverOptions(1), plane.channel);
  receiver->AddProducers({MakeProducer(0, 0, plane.address)});
  ASSERT_EQ(Take(*receiver)->state, ReceiverPoll::kBlock);
  const auto before = std::chrono::steady_clock::now();
  receiver.reset();
  EXPECT_LT(std::chrono::steady_clock::now() - before, std::chrono::seconds(1));
}

TEST(FlightChannel, IsDestroyedPromptlyWhileThePeerDoesNotAnswer) {
  // A socket that listens and never accepts: a frozen peer.
  const int frozen = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(at);
  ASSERT_EQ(bind(frozen, reinterpret_cast<sockaddr*>(&at), size), 0);
  ASSERT_EQ(listen(frozen, 1), 0);
  ASSERT_EQ(getsockname(frozen, reinterpret_cast<sockaddr*>(&at), &size), 0);
  const auto address = "127.0.0.1:" + std::to_string(ntohs(at.sin_port));
  auto channel = MakeFlightChannelResolver({kSecret, std::chrono::milliseconds(500)});
  auto receiver = Receiver::Make(MakeReceiverOptions(1), channel);
  receiver->AddProducers({MakeProducer(0, 0, address)});
  const auto before = std::chrono::steady_clock::now();
  receiver.reset();
  EXPECT_LT(std::chrono::steady_clock::now() - before, std::chrono::seconds(1));
  auto stream = channel->Open({1, 2}, 3, MakeProducer(0, 0, address), PartitionRange::All()).ValueOrDie();
  ExpectUnavailable(NextItem(*stream).status(), address);
  close(frozen);
}

}  // namespace
}  // namespace skein::core
