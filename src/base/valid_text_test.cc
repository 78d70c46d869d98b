#include "base/valid_text.h"

#include <gtest/gtest.h>

namespace skein::core {
namespace {

TEST(ValidText, KeepsWhatIsValid) {
  for (const std::string text : {"", "plain", "größer", "\xe2\x82\xac", "\xf0\x9f\xa6\x86", "\xf4\x8f\xbf\xbf"}) {
    EXPECT_EQ(ValidText(text), text);
  }
  EXPECT_EQ(ValidText(std::string("a\0b", 3)), std::string("a\0b", 3));
}

TEST(ValidText, TellsWhereTheFirstWrongByteIs) {
  EXPECT_EQ(FirstInvalidByte("größer"), std::string("größer").size());
  EXPECT_EQ(FirstInvalidByte("gr\xf6\xdf"), 2u);
  EXPECT_EQ(FirstInvalidByte("a\xe2\x82"), 1u);
  EXPECT_EQ(FirstInvalidByte(""), 0u);
}

TEST(ValidText, ReplacesEachWrongByte) {
  EXPECT_EQ(ValidText("/data/\xff.parquet"), "/data/?.parquet");
  EXPECT_EQ(ValidText("\xe2\x82"), "??");            // cut off
  EXPECT_EQ(ValidText("\x80x"), "?x");               // begins in the middle
  EXPECT_EQ(ValidText("\xc0\xaf"), "??");            // too long a form
  EXPECT_EQ(ValidText("\xe0\x80\x80"), "???");       // too long a form
  EXPECT_EQ(ValidText("\xed\xa0\x80"), "???");       // half of a pair
  EXPECT_EQ(ValidText("\xf4\x90\x80\x80"), "????");  // beyond the last
}

}  // namespace
}  // namespace skein::core
