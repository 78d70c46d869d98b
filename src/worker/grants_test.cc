#include "worker/grants.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "worker/gate.h"

namespace skein::core {
namespace {

constexpr std::chrono::milliseconds kLong{60000};

/// What a request was answered, from whichever thread.
struct Answer {
  Gate given;
  arrow::Status status;

  Grants::Reply reply() {
    return [this](arrow::Status with) {
      status = std::move(with);
      given.Open();
    };
  }
  bool IsGiven() { return given.Wait(std::chrono::milliseconds(0)); }
};

class GrantsTest : public testing::Test {
 protected:
  const QueryId first_ = QueryId::Random(), second_ = QueryId::Random(), third_ = QueryId::Random();
  Answer a_, b_, c_;
  Grants grants_{{4, 1000}};
};

TEST_F(GrantsTest, GrantsAtOnceWhatIsFree) {
  grants_.Request(first_, {3, 100}, kLong, a_.reply());
  ASSERT_TRUE(a_.IsGiven());
  EXPECT_TRUE(a_.status.ok());
}

TEST_F(GrantsTest, RefusesMoreThanTheWorkerHasNamingBothNumbers) {
  grants_.Request(first_, {4, 1001}, kLong, a_.reply());
  ASSERT_TRUE(a_.IsGiven());
  EXPECT_FALSE(DetailOf(a_.status)->is_retryable());
  EXPECT_NE(a_.status.message().find("1001"), std::string::npos);
  EXPECT_NE(a_.status.message().find("memory_bytes=1000"), std::string::npos);
}

TEST_F(GrantsTest, WaitsForRelease) {
  grants_.Request(first_, {1, 900}, kLong, a_.reply());
  grants_.Request(second_, {1, 101}, kLong, b_.reply());
  EXPECT_FALSE(b_.IsGiven());
  grants_.Release(first_);
  ASSERT_TRUE(b_.IsGiven());
  EXPECT_TRUE(b_.status.ok());
}

TEST_F(GrantsTest, SmallRequestDoesNotOvertakeLargeOne) {
  grants_.Request(first_, {3, 0}, kLong, a_.reply());
  grants_.Request(second_, {2, 0}, kLong, b_.reply());
  grants_.Request(third_, {1, 0}, kLong, c_.reply());
  EXPECT_FALSE(c_.IsGiven());
  grants_.Release(first_);
  EXPECT_TRUE(b_.IsGiven());
  EXPECT_TRUE(c_.IsGiven());
}

TEST_F(GrantsTest, TimesOutAndLetsTheNextPass) {
  grants_.Request(first_, {3, 0}, kLong, a_.reply());
  grants_.Request(second_, {2, 0}, std::chrono::milliseconds(20), b_.reply());
  grants_.Request(third_, {1, 0}, kLong, c_.reply());
  ASSERT_TRUE(b_.given.Wait());
  EXPECT_TRUE(DetailOf(b_.status)->is_retryable());
  EXPECT_NE(b_.status.message().find("20 ms"), std::string::npos);
  ASSERT_TRUE(c_.given.Wait());
  EXPECT_TRUE(c_.status.ok());
}

TEST_F(GrantsTest, LaterRequestMayTimeOutFirst) {
  grants_.Request(first_, {4, 0}, kLong, a_.reply());
  grants_.Request(second_, {1, 0}, kLong, b_.reply());
  grants_.Request(third_, {1, 0}, std::chrono::milliseconds(10), c_.reply());
  ASSERT_TRUE(c_.given.Wait());
  EXPECT_FALSE(c_.status.ok());
  EXPECT_FALSE(b_.IsGiven());
}

TEST_F(GrantsTest, ReleaseTakesRequestOutOfTheLine) {
  grants_.Request(first_, {4, 0}, kLong, a_.reply());
  grants_.Request(second_, {4, 0}, kLong, b_.reply());
  grants_.Request(third_, {4, 0}, kLong, c_.reply());
  grants_.Release(second_);
  ASSERT_TRUE(b_.IsGiven());
  EXPECT_TRUE(b_.status.IsCancelled());
  grants_.Release(first_);
  EXPECT_TRUE(c_.IsGiven());
}

TEST_F(GrantsTest, ReleaseOfUnknownQueryGivesNothingBack) {
  grants_.Request(first_, {4, 0}, kLong, a_.reply());
  grants_.Release(third_);
  grants_.Request(second_, {1, 0}, kLong, b_.reply());
  EXPECT_FALSE(b_.IsGiven());
}

}  // namespace
}  // namespace skein::core
