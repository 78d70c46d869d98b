#include "worker/wire_convert.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace skein::core {
namespace {

arrow::Status RoundTrip(const arrow::Status& status) { return FromWire(ToWire(status)); }

TEST(WireConvert, KeepsTaskKey) {
  const TaskKey key{QueryId::Random(), 3, 7, 2, RandomUint64()};
  const auto back = FromWire(ToWire(key));
  ASSERT_TRUE(back.ok());
  EXPECT_EQ(*back, key);
}

TEST(WireConvert, RefusesTaskNameWithoutQuery) { EXPECT_FALSE(FromWire(wire::TaskName()).ok()); }

TEST(WireConvert, KeepsUserErrorWithDuckDbType) {
  const auto back = RoundTrip(UserError("Could not convert 'a' to INT32", "Conversion"));
  ASSERT_NE(DetailOf(back), nullptr);
  EXPECT_EQ(DetailOf(back)->fault(), Fault::kUser);
  EXPECT_EQ(DetailOf(back)->duckdb_type(), "Conversion");
  EXPECT_EQ(back.message(), "Could not convert 'a' to INT32");
}

TEST(WireConvert, KeepsWhereInTheStatementAnErrorIs) {
  EXPECT_EQ(DetailOf(RoundTrip(UserError("bad", "Conversion", 17)))->query_position(), 17);
  EXPECT_EQ(DetailOf(RoundTrip(UserError("bad", "Conversion", 0)))->query_position(), 0);
  EXPECT_EQ(DetailOf(RoundTrip(UserError("bad", "Conversion")))->query_position(), std::nullopt);
  EXPECT_EQ(DetailOf(RoundTrip(UserError("bad", "Conversion", ~uint64_t{0})))->query_position(), std::nullopt);
}

TEST(WireConvert, KeepsWhetherWorldErrorMayBeRetried) {
  EXPECT_TRUE(DetailOf(RoundTrip(Unavailable("gone")))->is_retryable());
  EXPECT_FALSE(DetailOf(RoundTrip(WorldError("disk full")))->is_retryable());
  EXPECT_EQ(DetailOf(RoundTrip(WorldError("disk full")))->fault(), Fault::kWorld);
}

TEST(WireConvert, KeepsCancellation) {
  const auto back = RoundTrip(CancelledError("enough"));
  EXPECT_TRUE(back.IsCancelled());
  EXPECT_EQ(back.message(), "enough");
}

TEST(WireConvert, MakesForeignStatusAnInternalError) {
  const auto back = RoundTrip(arrow::Status::KeyError("whose"));
  ASSERT_NE(DetailOf(back), nullptr);
  EXPECT_EQ(DetailOf(back)->fault(), Fault::kInternal);
}

TEST(WireConvert, ErrorWithTheNameOfAFileThatIsNoUtf8Arrives) {
  wire::Error error;
  ASSERT_TRUE(error.ParseFromString(ToWire(WorldError("cannot read /data/\xff")).SerializeAsString()));
  EXPECT_EQ(FromWire(error).message(), "cannot read /data/?");
}

TEST(WireConvert, ErrorIsNeverOk) { EXPECT_FALSE(FromWire(wire::Error()).ok()); }

TEST(WireConvert, KeepsRangeUpToTheEndOfTheHashSpace) {
  const PartitionRange range{uint64_t{1} << 31, PartitionRange::kEnd};
  EXPECT_EQ(FromWire(ToWire(range)), range);
}

TEST(WireConvert, KeepsProducer) {
  const Producer producer{"host:1", 4, 5, 6, RandomUint64()};
  EXPECT_EQ(FromWire(ToWire(producer)), producer);
}

TEST(WireConvert, KeepsSplitWithBinaryPayload) {
  const Split split{9, std::string("a\0\xff", 3), 1000};
  const Split back = FromWire(ToWire(split));
  EXPECT_EQ(back.id, split.id);
  EXPECT_EQ(back.payload, split.payload);
  EXPECT_EQ(back.rows, split.rows);
}

}  // namespace
}  // namespace skein::core
