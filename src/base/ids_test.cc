#include "base/ids.h"

#include <set>

#include <gtest/gtest.h>

#include "base/error.h"

namespace skein::core {
namespace {

TEST(QueryId, SurvivesItsBytes) {
  const auto id = QueryId::Random();
  EXPECT_EQ(id.ToBytes().size(), 16u);
  EXPECT_EQ(QueryId::FromBytes(id.ToBytes()).ValueOrDie(), id);
}

TEST(QueryId, RefusesBytesOfAnotherLength) {
  for (const char* bytes : {"", "fifteen bytes..", "seventeen bytes.."}) {
    const auto status = QueryId::FromBytes(bytes).status();
    ASSERT_NE(DetailOf(status), nullptr);
    EXPECT_EQ(DetailOf(status)->fault(), Fault::kInternal);
  }
}

TEST(QueryId, PrintsAllOfItsBits) {
  EXPECT_EQ((QueryId{0x1, 0xabcdef0123456789}).ToString(), "0000000000000001abcdef0123456789");
}

TEST(QueryId, IsNeverDrawnTwice) {
  std::set<QueryId> seen;
  for (int i = 0; i < 1000; i++) seen.insert(QueryId::Random());
  EXPECT_EQ(seen.size(), 1000u);
}

TEST(TaskKey, PrintsWhatPeopleLookFor) {
  EXPECT_EQ((TaskKey{{1, 2}, 3, 4, 5, 6}).ToString(), "stage=3 task=4 attempt=5");
}

TEST(RandomHex, GivesTwoDigitsAByte) {
  const auto digits = RandomHex(16);
  EXPECT_EQ(digits.size(), 32u);
  EXPECT_EQ(digits.find_first_not_of("0123456789abcdef"), std::string::npos);
  EXPECT_NE(digits, RandomHex(16));
}

}  // namespace
}  // namespace skein::core
