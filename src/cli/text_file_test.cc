#include "cli/text_file.h"

#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

#include "base/ids.h"

namespace skein::core {
namespace {

class TextFile : public testing::Test {
 protected:
  TextFile() : path_(std::filesystem::temp_directory_path() / ("skein-text-" + RandomHex(8))) {
    std::ofstream(path_) << "12345";
  }
  ~TextFile() override { std::filesystem::remove(path_); }

  const std::filesystem::path path_;
};

TEST_F(TextFile, IsReadWholeUpToItsLimit) { EXPECT_EQ(ReadTextFile(path_, 5).ValueOr(""), "12345"); }

TEST_F(TextFile, OverItsLimitIsAnErrorThatNamesFileAndLimit) {
  const auto status = ReadTextFile(path_, 4).status();
  EXPECT_NE(status.message().find(path_.string()), std::string::npos) << status;
  EXPECT_NE(status.message().find("limit_bytes=4"), std::string::npos) << status;
}

TEST_F(TextFile, WithoutEndIsAnErrorAtTheLimit) {
  const auto status = ReadTextFile("/dev/zero", 10'000).status();
  EXPECT_NE(status.message().find("limit_bytes=10000"), std::string::npos) << status;
}

}  // namespace
}  // namespace skein::core
