#include "worker/private_directory.h"

#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

#include "base/ids.h"

namespace skein::core {
namespace {

namespace fs = std::filesystem;

class PrivateDirectoryTest : public testing::Test {
 protected:
  PrivateDirectoryTest() { fs::create_directory(parent_); }
  ~PrivateDirectoryTest() override { fs::remove_all(parent_); }

  const fs::path parent_ = fs::temp_directory_path() / ("skein-test-" + RandomHex(8));
};

TEST_F(PrivateDirectoryTest, IsOnlyForItsOwner) {
  auto directory = PrivateDirectory::Make(parent_);
  ASSERT_TRUE(directory.ok()) << directory.status().ToString();
  EXPECT_EQ(fs::status((*directory)->path()).permissions(), fs::perms::owner_all);
}

TEST_F(PrivateDirectoryTest, IsRemovedWithAllThatIsInIt) {
  {
    auto directory = PrivateDirectory::Make(parent_);
    ASSERT_TRUE(directory.ok());
    std::ofstream((*directory)->MakeSubdirectory("store").ValueOrDie() + "/file") << "x";
  }
  EXPECT_TRUE(fs::is_empty(parent_));
}

TEST_F(PrivateDirectoryTest, RemovesWhatADeadProcessLeft) {
  const fs::path left = parent_ / "skein-worker-1-dead";
  fs::create_directory(left);
  std::ofstream(left / "lock");
  auto directory = PrivateDirectory::Make(parent_);
  EXPECT_FALSE(fs::exists(left));
}

TEST_F(PrivateDirectoryTest, LeavesThoseOfTheLivingAlone) {
  auto first = PrivateDirectory::Make(parent_);
  auto second = PrivateDirectory::Make(parent_);
  ASSERT_TRUE(first.ok() && second.ok());
  EXPECT_TRUE(fs::exists((*first)->path()));
}

TEST_F(PrivateDirectoryTest, NamesPathThatCannotBeMade) {
  const auto directory = PrivateDirectory::Make("/nonexistent-place");
  EXPECT_NE(directory.status().message().find("/nonexistent-place/"), std::string::npos);
}

}  // namespace
}  // namespace skein::core
