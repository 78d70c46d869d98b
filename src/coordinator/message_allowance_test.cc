#include "coordinator/message_allowance.h"

#include <gtest/gtest.h>

namespace skein::core {
namespace {

using Answer = MessageAllowance::Answer;

TEST(MessageAllowance, TakesWhatFitsAndWhatFitsAgain) {
  MessageAllowance allowance(100);
  for (int round = 0; round < 3; round++) {
    EXPECT_EQ(allowance.Take(60), Answer::kTaken);
    EXPECT_EQ(allowance.Take(40), Answer::kTaken);
    allowance.GiveBack(60);
    allowance.GiveBack(40);
  }
}

TEST(MessageAllowance, SaysOnceThatItIsOverAndTakesNothingAfterwards) {
  MessageAllowance allowance(100);
  EXPECT_EQ(allowance.Take(100), Answer::kTaken);
  EXPECT_EQ(allowance.Take(1), Answer::kOver);
  EXPECT_EQ(allowance.Take(1), Answer::kGivenUp);
  allowance.GiveBack(100);
  EXPECT_EQ(allowance.Take(1), Answer::kGivenUp);
}

}  // namespace
}  // namespace skein::core
