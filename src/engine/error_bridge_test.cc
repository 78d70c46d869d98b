#include "engine/error_bridge.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "duckdb.hpp"
#include "duckdb/common/error_data.hpp"

namespace skein::core {
namespace {

// What DuckDB says when `status` is thrown through it.
std::string TextOf(const arrow::Status& status) {
  try {
    ThrowForDuckDb(status);
  } catch (const std::exception& error) {
    return duckdb::ErrorData(error).RawMessage();
  }
}

TEST(ErrorBridge, KeepsTheTextOfEachFault) {
  EXPECT_EQ(TextOf(UserError("who")), "who");
  EXPECT_EQ(TextOf(UserError("who", "Binder")), "who");
  EXPECT_EQ(TextOf(WorldError("where")), "where");
  EXPECT_EQ(TextOf(Unavailable("when")), "when");
  EXPECT_EQ(TextOf(InternalError("why")), "skein internal: why");
}

TEST(ErrorBridge, KeepsWhatCanBeReadOfATextThatIsNotInUtf8) {
  EXPECT_EQ(TextOf(WorldError("no host gr\xf6\xdf")), "no host gr??");
  EXPECT_EQ(TextOf(Unavailable("cut \xe2\x82")), "cut ??");
  EXPECT_EQ(TextOf(UserError("file \xff", "Binder")), "file ?");
  EXPECT_EQ(TextOf(InternalError("\xff")), "skein internal: ?");
}

}  // namespace
}  // namespace skein::core
