// Wrong bytes on the data plane: an error or other values, never more.

#include <vector>

#include <gtest/gtest.h>

#include "base/byte_mutator.h"
#include "base/error.h"
#include "exchange/host_protocol.h"
#include "exchange/stream_codec.h"

namespace skein::core {
namespace {

constexpr int kRounds = 3000;

ReadRequest Request() { return {QueryId::Random(), 3, 2, 1, 77, PartitionRange::All()}; }

std::vector<std::string> StreamItems() {
  UnitReader::Item block, trailer, end;
  block.kind = UnitReader::Item::kBlock;
  block.unit = {QueryId::Random(), 3, 2, 1, 77, 5};
  block.block.rows = 2048;
  block.block.checksum = 0x1234567890;
  trailer.kind = UnitReader::Item::kTrailer;
  trailer.trailer.key = block.unit;
  trailer.trailer.inputs = {{0, 1}, {0, 2}, {1, 7}};
  trailer.trailer.parts = {{PartitionRange::All(), 3, 6144, 1 << 20, 99}};
  end.kind = UnitReader::Item::kEnd;
  end.units = 4;
  return {EncodeStreamItem(block), EncodeStreamItem(trailer), EncodeStreamItem(end),
          EncodeStreamError(UserError("wrong row", "Conversion"))};
}

/// Says how many of the mutated inputs `decode` refused.
template <typename Decode>
int CountRefused(const std::vector<std::string>& inputs, Decode decode) {
  int refused = 0;
  ByteMutator mutator(1);
  for (int round = 0; round < FuzzRounds(kRounds); round++) {
    const auto result = decode(mutator.Mutate(inputs[round % inputs.size()]));
    if (result.ok()) continue;
    EXPECT_NE(DetailOf(result.status()), nullptr) << result.status().ToString();
    refused++;
  }
  return refused;
}

TEST(DataPlaneFuzz, ReadRequestsAreDecodedOrRefused) {
  EXPECT_GT(CountRefused({EncodeReadRequest(Request())}, DecodeReadRequest), 0);
}

TEST(DataPlaneFuzz, NamesOfUnitsAreDecodedOrRefused) {
  EXPECT_GT(CountRefused({EncodeKey({QueryId::Random(), 3, 2, 1, 77, 5})}, DecodeKey), 0);
}

TEST(DataPlaneFuzz, StreamItemsAreDecodedOrRefused) {
  const auto request = Request();
  EXPECT_GT(CountRefused(StreamItems(), [&](const std::string& bytes) { return DecodeStreamItem(request, bytes); }), 0);
}

TEST(StreamCodec, ErrorWithTheNameOfAFileThatIsNoUtf8Arrives) {
  const auto item = DecodeStreamItem(Request(), EncodeStreamError(WorldError("cannot read /data/\xff")));
  EXPECT_EQ(item.status().message(), "cannot read /data/?");
}

/// Two ends of one connection; what is written into one can be read from the other.
class SocketFuzz : public testing::Test {
 protected:
  template <typename Receive>
  auto ReceiveFrom(const std::string& bytes, Receive receive) {
    auto writer = UnixSocket::Connect(name_).ValueOrDie();
    EXPECT_TRUE(listener_->WaitReadable(std::chrono::seconds(5)));
    auto reader = listener_->Accept();
    reader->SetStallTimeout(std::chrono::seconds(5));
    EXPECT_TRUE(writer->Send(bytes).ok());
    writer->Shutdown();
    return receive(*reader);
  }

  /// What `send` writes.
  template <typename Send>
  std::string Written(Send send) {
    auto writer = UnixSocket::Connect(name_).ValueOrDie();
    EXPECT_TRUE(listener_->WaitReadable(std::chrono::seconds(5)));
    auto reader = listener_->Accept();
    EXPECT_TRUE(send(*writer).ok());
    writer->Shutdown();
    std::string bytes;
    for (char byte = 0; reader->Receive(&byte, 1).ok();) bytes += byte;
    return bytes;
  }

  const std::string name_ = "skein-test-" + RandomHex(8);
  const std::unique_ptr<UnixSocket> listener_ = UnixSocket::Listen(name_).ValueOrDie();
};

TEST_F(SocketFuzz, RequestsAreReadOrRefused) {
  const auto input = Written([](UnixSocket& socket) { return SendRequest(socket, {"secret", "which units"}); });
  EXPECT_GT(CountRefused({input}, [&](const auto& bytes) { return ReceiveFrom(bytes, ReceiveRequest); }), 0);
}

TEST_F(SocketFuzz, MessagesAreReadOrRefused) {
  const auto data = arrow::Buffer::FromString(std::string(1000, 'x'));
  const auto input = Written([&](UnixSocket& socket) { return SendMessage(socket, StreamItems()[0], data.get()); });
  EXPECT_GT(CountRefused({input}, [&](const auto& bytes) { return ReceiveFrom(bytes, ReceiveMessage); }), 0);
}

}  // namespace
}  // namespace skein::core
