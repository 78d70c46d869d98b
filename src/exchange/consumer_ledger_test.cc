#include "exchange/consumer_ledger.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "exchange/scripted_channel.h"

namespace skein::core {
namespace {

/// Offers and closes all items; returns how many blocks were to be used.
arrow::Result<int> Feed(ConsumerLedger& ledger, const Items& items) {
  int used = 0;
  for (const auto& item : items) {
    if (item.kind == UnitReader::Item::kBlock) {
      ARROW_ASSIGN_OR_RAISE(const bool is_used, ledger.Offer(item.unit, item.block));
      used += is_used;
    } else {
      ARROW_RETURN_NOT_OK(ledger.Close(item.trailer));
    }
  }
  return used;
}

void ExpectUnavailable(const arrow::Status& status, const std::string& text) {
  EXPECT_NE(status.message().find(text), std::string::npos) << status.ToString();
  ASSERT_NE(DetailOf(status), nullptr) << status.ToString();
  EXPECT_EQ(DetailOf(status)->fault(), Fault::kWorld);
  EXPECT_TRUE(DetailOf(status)->is_retryable());
}

TEST(ConsumerLedger, TakesAUnitThatIsDeliveredTwiceOnce) {
  ConsumerLedger ledger(PartitionRange::All());
  const auto unit = MakeUnit(MakeUnitKey(0, 0), {"a", "b"});
  EXPECT_EQ(*Feed(ledger, unit), 2);
  EXPECT_EQ(*Feed(ledger, unit), 0);
  EXPECT_EQ(ledger.rows(), 2u);
  EXPECT_EQ(ledger.summary().count, 1u);
  EXPECT_TRUE(ledger.EndOfProducer(0, 0, 1).ok());
  EXPECT_TRUE(ledger.CheckCoverage(0, 1).ok());
}

TEST(ConsumerLedger, TakesAUnitOfTwoAttemptsFromTheFirst) {
  ConsumerLedger ledger(PartitionRange::All());
  const auto first = MakeUnit(MakeUnitKey(0, 0, 0), {"a", "b"});
  const auto second = MakeUnit(MakeUnitKey(0, 0, 1), {"b", "a"});
  EXPECT_TRUE(*ledger.Offer(first[0].unit, first[0].block));
  EXPECT_EQ(*Feed(ledger, second), 0);  // while the first is open
  EXPECT_TRUE(*ledger.Offer(first[1].unit, first[1].block));
  EXPECT_TRUE(ledger.EndOfProducer(0, 1, 1).ok());
  EXPECT_FALSE(ledger.CheckCoverage(0, 1).ok());
  EXPECT_TRUE(*ledger.Close(first[2].trailer));
  EXPECT_TRUE(ledger.EndOfProducer(0, 0, 1).ok());
  EXPECT_TRUE(ledger.CheckCoverage(0, 1).ok());
}

TEST(ConsumerLedger, SummarizesTheSameUnitsEquallyInAnyOrderAndFromAnyAttempt) {
  ConsumerLedger forwards(PartitionRange::All()), backwards(PartitionRange::All());
  for (uint32_t unit = 0; unit < 5; unit++) {
    ASSERT_TRUE(Feed(forwards, MakeUnit(MakeUnitKey(1, unit, 0), {"a"})).ok());
    ASSERT_TRUE(Feed(backwards, MakeUnit(MakeUnitKey(1, 4 - unit, 9), {"a"})).ok());
  }
  EXPECT_EQ(forwards.summary(), backwards.summary());
  ASSERT_TRUE(Feed(backwards, MakeUnit(MakeUnitKey(1, 5), {"a"})).ok());
  EXPECT_NE(forwards.summary(), backwards.summary());
}

TEST(ConsumerLedger, AcceptsBlocksOfAUnitOutOfOrder) {
  ConsumerLedger ledger(PartitionRange::All());
  auto unit = MakeUnit(MakeUnitKey(0, 0), {"a", "b", "c"});
  std::swap(unit[0], unit[2]);
  EXPECT_EQ(*Feed(ledger, unit), 3);
}

TEST(ConsumerLedger, NamesATruncatedUnit) {
  ConsumerLedger ledger(PartitionRange::All());
  auto unit = MakeUnit(MakeUnitKey(4, 2), {"a", "b", "c"});
  unit.erase(unit.begin() + 1);
  ExpectUnavailable(Feed(ledger, unit).status(), "unit truncated: task=4 attempt=0 unit=2 blocks=2/3");
}

TEST(ConsumerLedger, NamesAUnitWithoutATrailer) {
  ConsumerLedger ledger(PartitionRange::All());
  auto unit = MakeUnit(MakeUnitKey(4, 2), {"a"});
  unit.pop_back();
  ASSERT_TRUE(Feed(ledger, unit).ok());
  ExpectUnavailable(ledger.EndOfProducer(4, 0, 1), "unit truncated: task=4 attempt=0 unit=2");
}

TEST(ConsumerLedger, NamesABlockWithAFlippedByte) {
  ConsumerLedger ledger(PartitionRange::All());
  auto unit = MakeUnit(MakeUnitKey(0, 0), {"abc"});
  unit[0].block.data = arrow::Buffer::FromString("abd");
  ExpectUnavailable(Feed(ledger, unit).status(), "block checksum differs: task=0 attempt=0 unit=0 sequence=0");
}

TEST(ConsumerLedger, NamesABlockThatComesTwice) {
  ConsumerLedger ledger(PartitionRange::All());
  const auto unit = MakeUnit(MakeUnitKey(0, 0), {"a"});
  ASSERT_TRUE(ledger.Offer(unit[0].unit, unit[0].block).ok());
  ExpectUnavailable(ledger.Offer(unit[0].unit, unit[0].block).status(), "block delivered twice");
}

TEST(ConsumerLedger, NamesAMissingUnit) {
  ConsumerLedger ledger(PartitionRange::All());
  ASSERT_TRUE(Feed(ledger, MakeUnit(MakeUnitKey(0, 1), {"a"})).ok());
  ExpectUnavailable(ledger.EndOfProducer(0, 0, 2), "unit missing: task=0 attempt=0 units=1/2");
}

TEST(ConsumerLedger, NamesAProducerThatHasNotEnded) {
  ConsumerLedger ledger(PartitionRange::All());
  ASSERT_TRUE(ledger.EndOfProducer(0, 0, 0).ok());
  ExpectUnavailable(ledger.CheckCoverage(0, 2), "producer missing: task=1");
  EXPECT_TRUE(ledger.CheckCoverage(0, 1).ok());
}

TEST(ConsumerLedger, NamesAttemptsThatDisagree) {
  ConsumerLedger ledger(PartitionRange::All());
  ASSERT_TRUE(Feed(ledger, MakeUnit(MakeUnitKey(0, 0, 0), {"a"})).ok());
  ASSERT_TRUE(ledger.EndOfProducer(0, 0, 1).ok());
  ExpectUnavailable(ledger.EndOfProducer(0, 1, 0), "attempts disagree: task=0 units=0/1");
}

TEST(ConsumerLedger, ExpectsOnlyThePartsOfItsRange) {
  const auto ranges = SplitEvenly(2);
  auto unit = MakeUnit(MakeUnitKey(0, 0), {"a"});
  unit[0].block.range = unit[1].trailer.parts[0].range = ranges[1];
  unit[1].trailer.parts.push_back({ranges[0], 5, 50, 500, 1234});
  ConsumerLedger ledger(ranges[1]);
  EXPECT_EQ(*Feed(ledger, unit), 1);
  ConsumerLedger other(ranges[0]);
  ExpectUnavailable(other.Offer(unit[0].unit, unit[0].block).status(), "block out of range");
}

}  // namespace
}  // namespace skein::core
