#include "coordinator/retry_policy.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace skein::core {
namespace {

using std::chrono::milliseconds;

const SteadyTime kNow{std::chrono::hours(1)};

RetryOptions Options() {
  RetryOptions options;
  options.max_attempts = 5;
  options.delay = milliseconds(100);
  options.max_delay = milliseconds(150);
  return options;
}

/// The delay of a retry in milliseconds; -1 where the policy gives up.
int64_t DelayOf(RetryPolicy& policy, const RetriedTask& task, const arrow::Status& error = Unavailable("gone")) {
  const auto verdict = policy.OnFailure(task, error, kNow);
  const auto* retry = std::get_if<RetryPolicy::Retry>(&verdict);
  return retry != nullptr ? retry->delay.count() : -1;
}

TEST(RetryPolicy, RetriesAtOnceThenAfterDoublingDelaysUpToALimit) {
  RetryPolicy policy(Options());
  std::vector<int64_t> delays;
  for (int i = 0; i < 5; i++) delays.push_back(DelayOf(policy, {"q"}));
  EXPECT_EQ(delays, (std::vector<int64_t>{0, 100, 150, 150, -1}));
}

TEST(RetryPolicy, RetriesOnlyWhatSaysSo) {
  for (const auto& error : {UserError("no such column"), WorldError("disk full"), InternalError("bug"),
                            CancelledError("enough"), arrow::Status::IOError("connection lost")}) {
    RetryPolicy policy(Options());
    EXPECT_EQ(DelayOf(policy, {"q"}, error), -1) << error;
  }
}

TEST(RetryPolicy, CountsTheAttemptsOfEachTaskAlone) {
  auto options = Options();
  options.max_attempts = 2;
  RetryPolicy policy(options);
  EXPECT_EQ(DelayOf(policy, {"q", 0, 0}), 0);
  EXPECT_EQ(DelayOf(policy, {"q", 0, 1}), 0);
  EXPECT_EQ(DelayOf(policy, {"q", 1, 0}), 0);
  EXPECT_EQ(DelayOf(policy, {"q", 0, 1}), -1);
}

TEST(RetryPolicy, LimitsTheRetriesOfAQuery) {
  auto options = Options();
  options.max_query_retries = 2;
  RetryPolicy policy(options);
  EXPECT_EQ(DelayOf(policy, {"q", 0, 0}), 0);
  EXPECT_EQ(DelayOf(policy, {"q", 0, 1}), 0);
  EXPECT_EQ(DelayOf(policy, {"q", 0, 2}), -1);
  EXPECT_EQ(DelayOf(policy, {"other", 0, 2}), 0);
}

TEST(RetryPolicy, GivesOutARetryWhenItsDelayIsOver) {
  RetryPolicy policy(Options());
  DelayOf(policy, {"q"});
  EXPECT_EQ(policy.TakeDue(kNow), (RetriedTask{"q"}));
  DelayOf(policy, {"q"});
  EXPECT_EQ(policy.NextTime(), kNow + milliseconds(100));
  EXPECT_FALSE(policy.TakeDue(kNow + milliseconds(99)));
  EXPECT_TRUE(policy.TakeDue(kNow + milliseconds(100)));
  EXPECT_FALSE(policy.TakeDue(kNow + milliseconds(100)));
}

TEST(RetryPolicy, KeepsOneRetryOfATask) {
  RetryPolicy policy(Options());
  DelayOf(policy, {"q"});
  DelayOf(policy, {"q"});
  EXPECT_EQ(policy.pending(), 1U);
}

TEST(RetryPolicy, DropsTheRetriesOfAQueryThatItGivesUp) {
  RetryPolicy policy(Options());
  DelayOf(policy, {"q", 0, 0});
  DelayOf(policy, {"q", 0, 1}, UserError("no such column"));
  EXPECT_EQ(policy.pending(), 0U);
  EXPECT_EQ(DelayOf(policy, {"q", 0, 2}), -1);
}

TEST(RetryPolicy, ForgetsAQuery) {
  RetryPolicy policy(Options());
  DelayOf(policy, {"q"});
  policy.Forget("q");
  EXPECT_EQ(policy.pending(), 0U);
  EXPECT_EQ(policy.failures({"q"}), 0U);
}

}  // namespace
}  // namespace skein::core
