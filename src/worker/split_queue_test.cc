#include "worker/split_queue.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace skein::core {
namespace {

wire::ScanSplits Splits(std::vector<SplitId> ids, bool is_last = false) {
  wire::ScanSplits splits;
  for (SplitId id : ids) splits.add_splits()->set_id(id);
  splits.set_is_last(is_last);
  return splits;
}

class SplitQueueTest : public testing::Test {
 protected:
  /// The next split, or the state as text.
  std::string Take() {
    Split split;
    auto state = queue_.TryTake(0, split, [this] { wakes_++; });
    if (!state.ok()) return state.status().message();
    if (*state == SplitFeed::kPending) return "pending";
    return *state == SplitFeed::kExhausted ? "exhausted" : std::to_string(split.id);
  }

  int wakes_ = 0;
  std::vector<uint32_t> asked_;
  SplitQueue queue_{2, [this](ScanId, uint32_t count) { asked_.push_back(count); }};
};

TEST_F(SplitQueueTest, AsksAheadWhileSplitsAreLeft) {
  queue_.Give(Splits({0, 1, 2}));
  EXPECT_EQ(Take(), "0");
  EXPECT_TRUE(asked_.empty());
  EXPECT_EQ(Take(), "1");
  EXPECT_EQ(asked_, std::vector<uint32_t>{2});
}

TEST_F(SplitQueueTest, AsksOnceUntilTheAnswerComes) {
  EXPECT_EQ(Take(), "pending");
  EXPECT_EQ(Take(), "pending");
  EXPECT_EQ(asked_.size(), 1u);
  queue_.Give(Splits({0}));
  EXPECT_EQ(Take(), "0");
  EXPECT_EQ(asked_.size(), 2u);
}

TEST_F(SplitQueueTest, GivesEachSplitOnceAlthoughItCameTwice) {
  queue_.Give(Splits({0}));
  queue_.Give(Splits({0, 1}, true));
  queue_.Give(Splits({1}, true));
  EXPECT_EQ(Take(), "0");
  EXPECT_EQ(Take(), "1");
  EXPECT_EQ(Take(), "exhausted");
}

TEST_F(SplitQueueTest, AsksForNothingAfterTheLastSplit) {
  queue_.Give(Splits({0}, true));
  EXPECT_EQ(Take(), "0");
  EXPECT_EQ(Take(), "exhausted");
  EXPECT_TRUE(asked_.empty());
}

TEST_F(SplitQueueTest, WakesEachWaiterOnce) {
  EXPECT_EQ(Take(), "pending");
  EXPECT_EQ(Take(), "pending");
  queue_.Give(Splits({0}));
  queue_.Give(Splits({1}));
  EXPECT_EQ(wakes_, 2);
}

TEST_F(SplitQueueTest, WakesAndRefusesAfterFailure) {
  EXPECT_EQ(Take(), "pending");
  queue_.Fail(CancelledError("enough"));
  queue_.Fail(CancelledError("later"));
  EXPECT_EQ(wakes_, 1);
  EXPECT_EQ(Take(), "enough");
}

TEST_F(SplitQueueTest, CallsScanUnfinishedUntilTheTaskSawItsEnd) {
  queue_.Give(Splits({0}, true));
  EXPECT_EQ(Take(), "0");
  EXPECT_EQ(queue_.UnfinishedScans(), std::vector<ScanId>{0});
  EXPECT_EQ(Take(), "exhausted");
  EXPECT_TRUE(queue_.UnfinishedScans().empty());
}

TEST_F(SplitQueueTest, KeepsScansApart) {
  wire::ScanSplits other = Splits({5}, true);
  other.set_scan(1);
  queue_.Give(other);
  EXPECT_EQ(Take(), "pending");
  Split split;
  EXPECT_EQ(queue_.TryTake(1, split, [] {}).ValueOrDie(), SplitFeed::kSplit);
  EXPECT_EQ(split.id, 5u);
}

}  // namespace
}  // namespace skein::core
