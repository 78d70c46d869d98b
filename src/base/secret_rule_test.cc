#include "base/secret_rule.h"

#include <string>

#include <gtest/gtest.h>

namespace skein::core {
namespace {

TEST(CheckSecret, TakesAllPrintableCharacters) {
  EXPECT_TRUE(CheckSecret("!~azAZ09+/=").ok());
  EXPECT_TRUE(CheckSecret(std::string(kMaxSecretBytes, 'x')).ok());
}

TEST(CheckSecret, RefusesWhatNoHeaderCarries) {
  for (const std::string secret : {"", "a b", "a\nb", "a\tb", "\xc3\xa4", "a\x7f"}) {
    EXPECT_FALSE(CheckSecret(secret).ok()) << secret;
  }
  EXPECT_FALSE(CheckSecret(std::string("a\0b", 3)).ok());
  EXPECT_FALSE(CheckSecret(std::string(kMaxSecretBytes + 1, 'x')).ok());
}

TEST(CheckSecret, NeverShowsIt) {
  EXPECT_EQ(CheckSecret("hush hush").message(), "the secret may only hold printable ASCII characters without spaces");
}

}  // namespace
}  // namespace skein::core
