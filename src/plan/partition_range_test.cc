#include "plan/partition_range.h"

#include <random>

#include <gtest/gtest.h>

namespace skein::core {
namespace {

TEST(PartitionRange, KnowsWhatItContains) {
  const PartitionRange range{10, 20};
  EXPECT_TRUE(range.Contains(10));
  EXPECT_FALSE(range.Contains(20));
  EXPECT_TRUE(PartitionRange::All().Contains(UINT32_MAX));
  EXPECT_TRUE(PartitionRange::All().Contains(range));
  EXPECT_FALSE(range.Contains(PartitionRange{15, 21}));
  EXPECT_TRUE(range.Overlaps({19, 30}));
  EXPECT_FALSE(range.Overlaps({20, 30}));
  EXPECT_TRUE((PartitionRange{5, 5}).IsEmpty());
}

TEST(PartitionRange, PrintsItsBounds) { EXPECT_EQ(SplitEvenly(2)[1].ToString(), "[80000000, 100000000)"); }

TEST(SplitEvenly, CoversTheHashSpaceWithDisjointRangesOfNearlyEqualWidth) {
  std::mt19937 random(20240601);
  for (int i = 0; i < 200; i++) {
    const uint32_t count = i < 20 ? i + 1 : 1 + random() % 5000;
    const auto ranges = SplitEvenly(count);
    ASSERT_EQ(ranges.size(), count);
    uint64_t at = 0;
    for (const auto& range : ranges) {
      ASSERT_EQ(range.low, at) << "count=" << count;
      const auto width = range.high - range.low;
      ASSERT_TRUE(width == PartitionRange::kEnd / count || width == PartitionRange::kEnd / count + 1);
      at = range.high;
    }
    ASSERT_EQ(at, PartitionRange::kEnd);
  }
}

TEST(SplitEvenly, AgreesWithIndexOfHash) {
  std::mt19937 random(7);
  for (int i = 0; i < 200; i++) {
    const uint32_t count = 1 + random() % 5000;
    const auto ranges = SplitEvenly(count);
    for (uint32_t index = 0; index < count; index++) {
      ASSERT_EQ(IndexOfHash(static_cast<uint32_t>(ranges[index].low), count), index);
      ASSERT_EQ(IndexOfHash(static_cast<uint32_t>(ranges[index].high - 1), count), index);
    }
    for (int j = 0; j < 1000; j++) {
      const auto hash = static_cast<uint32_t>(random());
      ASSERT_TRUE(ranges[IndexOfHash(hash, count)].Contains(hash)) << "hash=" << hash << " count=" << count;
    }
  }
}

}  // namespace
}  // namespace skein::core
