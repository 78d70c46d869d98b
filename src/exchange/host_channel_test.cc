#include "exchange/host_channel.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <thread>

#include <gtest/gtest.h>

#include "base/error.h"
#include "exchange/host_protocol.h"
#include "exchange/scripted_channel.h"
#include "exchange/stream_codec.h"

namespace skein::core {
namespace {

using Item = UnitReader::Item;

constexpr char kSecret[] = "correct horse";
constexpr std::chrono::milliseconds kStep{200};

/// Stands for Flight: what is read through it says "remote".
std::shared_ptr<ScriptedResolver> MakeRemote() {
  auto remote = std::make_shared<ScriptedResolver>();
  remote->Script(0, 0, Join({MakeUnit(MakeUnitKey(0, 0), {"remote"}), {MakeEnd(1)}}));
  return remote;
}

/// A store, the server before it, and a resolver that reads from it over a real socket.
struct Plane {
  const Incarnation incarnation = RandomUint64();
  std::unique_ptr<RetainedStore> store;
  std::unique_ptr<HostServer> server;
  std::shared_ptr<ChannelResolver> channel;

  explicit Plane(uint64_t memory_bytes = 1 << 20, const std::string& client_secret = kSecret) {
    store = RetainedStore::Make({memory_bytes, uint64_t{1} << 30, testing::TempDir()}).ValueOrDie();
    server = HostServer::Start(incarnation, kSecret, *store).ValueOrDie();
    channel = MakeHostChannelResolver({client_secret, kTestTimeout}, MakeRemote());
  }

  UnitKey Key(uint32_t task, uint32_t unit) const { return {{1, 2}, 3, task, 0, incarnation, unit}; }
  Producer At(uint32_t task) const { return {"here:1", 0, task, 0, incarnation}; }

  void PutUnit(const UnitKey& key, const std::vector<Block>& blocks) {
    ASSERT_TRUE(store->OpenUnit(key).ok());
    for (const auto& block : blocks) ASSERT_TRUE(store->Append(key, block).ok());
    ASSERT_TRUE(store->CloseUnit(key, {{2, 5}}).ok());
  }

  void Finish(uint32_t task, arrow::Status status = arrow::Status::OK()) {
    store->FinishProducer({{1, 2}, 3, task, 0}, std::move(status));
  }

  std::unique_ptr<BlockStream> Open(uint32_t task = 0) {
    return channel->Open({1, 2}, 3, At(task), PartitionRange::All()).ValueOrDie();
  }
};

/// Asks until there is an item or an error.
arrow::Result<Item> NextItem(BlockStream& stream) {
  const auto deadline = std::chrono::steady_clock::now() + kTestTimeout;
  while (std::chrono::steady_clock::now() < deadline) {
    ARROW_ASSIGN_OR_RAISE(auto item, stream.Next(kStep));
    if (item) return std::move(*item);
  }
  return arrow::Status::Invalid("the stream hangs");
}

std::string TextOf(arrow::Result<Item> item) {
  if (!item.ok()) return item.status().ToString();
  return item->kind == Item::kBlock ? item->block.data->ToString() : "no block";
}

void ExpectBroken(const arrow::Status& status) {
  ASSERT_NE(DetailOf(status), nullptr) << status.ToString();
  EXPECT_TRUE(DetailOf(status)->is_retryable()) << status.ToString();
}

/// A process of its own that does as `act` says with the socket of `incarnation`, then waits to be killed.
class Peer {
 public:
  Peer(Incarnation incarnation, void (*act)(UnixSocket& listener)) {
    int ready[2];
    EXPECT_EQ(pipe(ready), 0);
    pid_ = fork();
    if (pid_ == 0) {
      const auto listener = UnixSocket::Listen(HostSocketName(incarnation)).ValueOrDie();
      (void)!write(ready[1], "x", 1);
      act(*listener);
      while (true) pause();
    }
    char byte = 0;
    EXPECT_EQ(read(ready[0], &byte, 1), 1);
    close(ready[0]);
    close(ready[1]);
  }
  ~Peer() { Kill(); }

  void Kill() {
    if (pid_ <= 0) return;
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
    pid_ = 0;
  }

 private:
  pid_t pid_ = 0;
};

void DoNothing(UnixSocket&) {}

/// Greets one reader, begins a message of a megabyte, and is killed.
void DieWithinAMessage(UnixSocket& listener) {
  if (!listener.WaitReadable(kTestTimeout)) return;
  const auto reader = listener.Accept();
  const uint64_t lengths[2] = {1000, 1000000};
  const bool is_asked = ReceiveRequest(*reader).ok() && reader->Send(std::string_view(&kHostGreeting, 1)).ok();
  if (is_asked) (void)reader->Send({reinterpret_cast<const char*>(lengths), sizeof(lengths)}, "and no more");
  raise(SIGKILL);
}

/// Greets one reader and sends lengths that no message has.
void SendGarbage(UnixSocket& listener) {
  if (!listener.WaitReadable(kTestTimeout)) return;
  const auto reader = listener.Accept();
  if (ReceiveRequest(*reader).ok()) (void)reader->Send("+", std::string(100, '\xff'));
  while (true) pause();
}

TEST(HostChannel, CarriesEveryFieldOfBlocksAndTrailers) {
  Plane plane;
  const auto range = SplitEvenly(3)[2];
  auto block = MakeBlock("bytes", range, 42);
  block.codec = BlockCodec::kDuckDbChunk;
  plane.PutUnit(plane.Key(0, 9), {MakeBlock("", range), block});
  plane.Finish(0);
  auto stream = plane.Open();
  EXPECT_EQ(NextItem(*stream)->block.data->size(), 0);
  const auto got = NextItem(*stream).ValueOrDie();
  EXPECT_EQ(got.unit, plane.Key(0, 9));
  EXPECT_EQ(got.block.range, range);
  EXPECT_EQ(got.block.sequence, 1u);
  EXPECT_EQ(got.block.rows, 42u);
  EXPECT_EQ(got.block.codec, BlockCodec::kDuckDbChunk);
  EXPECT_EQ(got.block.checksum, block.checksum);
  EXPECT_EQ(got.block.data->ToString(), "bytes");
  const auto trailer = NextItem(*stream).ValueOrDie().trailer;
  EXPECT_EQ(trailer.key, plane.Key(0, 9));
  EXPECT_EQ(trailer.inputs, (std::vector<UnitInput>{{2, 5}}));
  EXPECT_EQ(NextItem(*stream)->units, 1u);
}

TEST(HostChannel, BringsManySpilledBlocksThroughAReceiver) {
  Plane plane(/*memory_bytes=*/200000);
  for (uint32_t task = 0; task < 3; task++) {
    for (uint32_t unit = 0; unit < 10; unit++) {
      plane.PutUnit(plane.Key(task, unit), std::vector<Block>(5, MakeBlock(std::string(10000 + unit, 'a'))));
    }
    plane.Finish(task);
  }
  ASSERT_GT(plane.store->Usage().disk_bytes, 1000000u);
  auto receiver = Receiver::Make(MakeReceiverOptions(3), plane.channel);
  receiver->AddProducers({plane.At(0), plane.At(1), plane.At(2)});
  EXPECT_EQ(TakeAll(*receiver).ValueOrDie().size(), 150u);
  EXPECT_EQ(receiver->bytes(), 3u * 5 * (10 * 10000 + 45));
}

TEST(HostChannel, CarriesBlocksLargerThanASocketHolds) {
  Plane plane(uint64_t{1} << 30);
  plane.PutUnit(plane.Key(0, 0), {MakeBlock(std::string(size_t{20} << 20, 'x'))});
  const auto item = NextItem(*plane.Open()).ValueOrDie();
  EXPECT_EQ(item.block.data->size(), 20 << 20);
  EXPECT_EQ(ChecksumOf(*item.block.data), item.block.checksum);
}

TEST(HostChannel, WaitsForAProducerThatHasNotBegun) {
  Plane plane;
  auto stream = plane.Open();
  ASSERT_EQ(stream->Next(std::chrono::milliseconds(10)).ValueOrDie(), std::nullopt);
  plane.PutUnit(plane.Key(0, 0), {MakeBlock("a")});
  EXPECT_EQ(TextOf(NextItem(*stream)), "a");
}

TEST(HostChannel, FindsABlockThatIsNotWhatItsChecksumSays) {
  Plane plane;
  auto block = MakeBlock("bytes");
  block.checksum++;
  plane.PutUnit(plane.Key(0, 0), {block});
  plane.Finish(0);
  auto receiver = Receiver::Make(MakeReceiverOptions(1), plane.channel);
  receiver->AddProducers({plane.At(0)});
  EXPECT_FALSE(TakeAll(*receiver).ok());
}

TEST(HostChannel, KeepsTheDetailOfErrors) {
  Plane plane;
  const std::vector<arrow::Status> errors = {UserError("division", "Out of Range"), Unavailable("worker lost"),
                                             CancelledError("enough")};
  for (uint32_t task = 0; task < errors.size(); task++) {
    plane.Finish(task, errors[task]);
    const auto status = NextItem(*plane.Open(task)).status();
    EXPECT_EQ(status.message(), errors[task].message());
    ASSERT_NE(DetailOf(status), nullptr) << status.ToString();
    EXPECT_EQ(DetailOf(status)->fault(), DetailOf(errors[task])->fault());
    EXPECT_EQ(DetailOf(status)->duckdb_type(), DetailOf(errors[task])->duckdb_type());
  }
}

TEST(HostChannel, TurnsToTheRemoteWhereNobodyListens) {
  Plane plane;
  plane.server.reset();
  EXPECT_EQ(TextOf(NextItem(*plane.Open())), "remote");
}

TEST(HostChannel, TurnsToTheRemoteWithAWrongSecret) {
  for (const char* secret : {"wrong horse", "correct horse and more", ""}) {
    Plane plane(1 << 20, secret);
    plane.PutUnit(plane.Key(0, 0), {MakeBlock("private")});
    EXPECT_EQ(TextOf(NextItem(*plane.Open())), "remote") << secret;
  }
}

TEST(HostChannel, TurnsToTheRemoteWhenThePeerDoesNotAnswer) {
  Plane plane;
  plane.server.reset();
  Peer frozen(plane.incarnation, DoNothing);
  plane.channel = MakeHostChannelResolver({kSecret, std::chrono::milliseconds(50)}, MakeRemote());
  EXPECT_EQ(TextOf(NextItem(*plane.Open())), "remote");
}

TEST(HostChannel, TurnsToTheRemoteWhenThereAreTooManyStreams) {
  Plane plane;
  plane.PutUnit(plane.Key(0, 0), {MakeBlock("a")});
  std::vector<std::unique_ptr<BlockStream>> streams;
  for (int i = 0; i < 128; i++) streams.push_back(plane.Open());
  EXPECT_EQ(TextOf(NextItem(*streams.back())), "a");
  EXPECT_EQ(TextOf(NextItem(*plane.Open())), "remote");
  streams.pop_back();
  EXPECT_EQ(TextOf(NextItem(*plane.Open())), "a");
}

TEST(HostChannel, FailsTheReceiverWhenThePeerGoesAway) {
  Plane plane;
  plane.PutUnit(plane.Key(0, 0), {MakeBlock("a")});  // and the producer never finishes
  auto receiver = Receiver::Make(MakeReceiverOptions(1), plane.channel);
  receiver->AddProducers({plane.At(0)});
  ASSERT_EQ(Take(*receiver)->state, ReceiverPoll::kBlock);
  plane.server.reset();
  ExpectBroken(Take(*receiver).status());
}

TEST(HostChannel, BreaksWhenThePeerIsKilledWithinAMessage) {
  Plane plane;
  plane.server.reset();
  Peer peer(plane.incarnation, DieWithinAMessage);
  const auto status = NextItem(*plane.Open()).status();
  ExpectBroken(status);
  EXPECT_NE(status.message().find("here:1"), std::string::npos) << status.ToString();
}

TEST(HostChannel, RefusesAMessageOfImpossibleLength) {
  Plane plane;
  plane.server.reset();
  Peer peer(plane.incarnation, SendGarbage);
  ExpectBroken(NextItem(*plane.Open()).status());
}

TEST(HostChannel, LeavesNoNameBehindWhenItsProcessIsKilled) {
  const Incarnation incarnation = RandomUint64();
  Peer peer(incarnation, DoNothing);
  ASSERT_FALSE(UnixSocket::Listen(HostSocketName(incarnation)).ok());
  peer.Kill();
  EXPECT_TRUE(UnixSocket::Listen(HostSocketName(incarnation)).ok());
}

TEST(HostChannel, StopsAServerWhoseReaderTakesNothing) {
  Plane plane(uint64_t{1} << 30);
  plane.PutUnit(plane.Key(0, 0), std::vector<Block>(100, MakeBlock(std::string(1 << 20, 'x'))));
  auto stream = plane.Open();
  ASSERT_EQ(NextItem(*stream)->kind, Item::kBlock);  // then the socket is full and the server's write waits
  plane.server.reset();
  auto item = NextItem(*stream);
  while (item.ok() && item->kind == Item::kBlock) item = NextItem(*stream);
  ExpectBroken(item.status());
}

TEST(HostChannel, EndsAWaitingReadByCancel) {
  Plane plane;
  auto stream = plane.Open();
  std::thread canceller([&] { stream->Cancel(); });
  EXPECT_TRUE(NextItem(*stream).status().IsCancelled());
  canceller.join();
  EXPECT_TRUE(NextItem(*stream).status().IsCancelled());
}

TEST(HostChannel, DestroysAReceiverPromptlyThatWaitsForAProducer) {
  Plane plane;
  plane.PutUnit(plane.Key(0, 0), {MakeBlock("a")});
  auto receiver = Receiver::Make(MakeReceiverOptions(1), plane.channel);
  receiver->AddProducers({plane.At(0)});
  ASSERT_EQ(Take(*receiver)->state, ReceiverPoll::kBlock);
  const auto before = std::chrono::steady_clock::now();
  receiver.reset();
  EXPECT_LT(std::chrono::steady_clock::now() - before, std::chrono::seconds(1));
}

}  // namespace
}  // namespace skein::core
