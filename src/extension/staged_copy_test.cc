#include "extension/staged_copy.h"

#include <filesystem>
#include <fstream>
#include <set>

#include <gtest/gtest.h>

#include "base/ids.h"
#include "duckdb/common/local_file_system.hpp"

namespace skein::core {
namespace {

namespace fs = std::filesystem;
using duckdb::CopyOverwriteMode;

class StagedCopyTest : public ::testing::Test {
 protected:
  void SetUp() override { fs::create_directory(top_); }
  void TearDown() override { fs::remove_all(top_); }

  CopyNames Names(CopyOverwriteMode overwrite = CopyOverwriteMode::COPY_ERROR_ON_CONFLICT) const {
    CopyNames names;
    names.folder = (top_ / "out").string();
    names.extension = "csv";
    names.overwrite = overwrite;
    return names;
  }
  static std::string Write(const fs::path& path, const std::string& text) {
    fs::create_directories(path.parent_path());
    std::ofstream(path) << text;
    return path.string();
  }
  static std::string Read(const fs::path& path) {
    std::ifstream file(path);
    return std::string(std::istreambuf_iterator<char>(file), {});
  }
  std::set<std::string> Files() const {
    std::set<std::string> names;
    for (const auto& entry : fs::recursive_directory_iterator(top_)) {
      if (entry.is_regular_file()) names.insert(fs::relative(entry.path(), top_).string());
    }
    return names;
  }

  const fs::path top_ = fs::temp_directory_path() / ("skein-test-" + RandomHex(8));
  duckdb::LocalFileSystem files_;
};

TEST_F(StagedCopyTest, GivesFilesTheirNamesTogether) {
  StagedCopy copy(files_, Names());
  const fs::path staging = copy.staging_folder();
  const auto first = Write(staging / "task-0" / "data_0.csv", "a");
  const auto second = Write(staging / "task-1" / "data_0.csv", "b");
  EXPECT_EQ(Files().count("out/data_0.csv"), 0);
  const auto names = copy.Commit({first, second});
  EXPECT_EQ(names, (std::vector<std::string>{(top_ / "out/data_0.csv").string(), (top_ / "out/data_1.csv").string()}));
  EXPECT_EQ(Files(), (std::set<std::string>{"out/data_0.csv", "out/data_1.csv"}));
  EXPECT_EQ(Read(names[1]), "b");
  EXPECT_FALSE(fs::exists(staging));
}

TEST_F(StagedCopyTest, NumbersTheFilesOfEachPartition) {
  StagedCopy copy(files_, Names());
  const fs::path staging = copy.staging_folder();
  copy.Commit({Write(staging / "task-0/k=1/data_0.csv", ""), Write(staging / "task-0/k=2/data_0.csv", ""),
               Write(staging / "task-1/k=1/data_0.csv", "")});
  EXPECT_EQ(Files(), (std::set<std::string>{"out/k=1/data_0.csv", "out/k=1/data_1.csv", "out/k=2/data_0.csv"}));
}

TEST_F(StagedCopyTest, RemovesAllWhenItIsAbandoned) {
  {
    StagedCopy copy(files_, Names());
    Write(fs::path(copy.staging_folder()) / "task-0/k=1/data_0.csv", "a");
  }
  EXPECT_TRUE(fs::is_empty(top_));
}

TEST_F(StagedCopyTest, RefusesAFolderWithFiles) {
  Write(top_ / "out" / "deep" / "mine", "mine");
  EXPECT_THROW(StagedCopy(files_, Names()), duckdb::IOException);
  EXPECT_EQ(Files(), (std::set<std::string>{"out/deep/mine"}));
}

TEST_F(StagedCopyTest, OverwriteTakesAwayWhatWasThereOnlyAtTheEnd) {
  Write(top_ / "out" / "deep" / "mine", "mine");
  StagedCopy copy(files_, Names(CopyOverwriteMode::COPY_OVERWRITE));
  const auto written = Write(fs::path(copy.staging_folder()) / "task-0/data_0.csv", "new");
  EXPECT_EQ(Files().count("out/deep/mine"), 1);
  copy.Commit({written});
  EXPECT_EQ(Files(), (std::set<std::string>{"out/data_0.csv"}));
}

TEST_F(StagedCopyTest, OverwriteLeavesWhatCameMeanwhile) {
  Write(top_ / "out" / "old", "old");
  StagedCopy copy(files_, Names(CopyOverwriteMode::COPY_OVERWRITE));
  Write(top_ / "out" / "of_somebody", "new");
  copy.Commit({Write(fs::path(copy.staging_folder()) / "task-0/data_0.csv", "new")});
  EXPECT_EQ(Files(), (std::set<std::string>{"out/data_0.csv", "out/of_somebody"}));
}

TEST_F(StagedCopyTest, TakesAnyWayToTheTarget) {
  fs::create_directory(top_ / "out");
  fs::create_directory_symlink(top_ / "out", top_ / "out" / "self");
  for (const char* way : {"out/.", "out//", "./out", "out/self"}) {
    auto names = Names(CopyOverwriteMode::COPY_OVERWRITE);
    names.folder = (top_ / way).string();
    StagedCopy copy(files_, names);
    copy.Commit({Write(fs::path(copy.staging_folder()) / "task-0/data_0.csv", way)});
    EXPECT_EQ(Read(top_ / "out/data_0.csv"), way);
  }
}

TEST_F(StagedCopyTest, TakesNoOtherNameOfAPartitionButTheFirst) {
  Write(top_ / "out/k=1/data_0.csv", "old");
  Write(top_ / "out/k=1/data_1.csv", "old");
  auto names = Names(CopyOverwriteMode::COPY_OVERWRITE_OR_IGNORE);
  names.is_partitioned = true;
  StagedCopy copy(files_, names);
  const fs::path staging = copy.staging_folder();
  copy.Commit({Write(staging / "task-0/k=1/data_0.csv", "new"), Write(staging / "task-1/k=1/data_0.csv", "new")});
  EXPECT_EQ(Read(top_ / "out/k=1/data_0.csv"), "new");
  EXPECT_EQ(Read(top_ / "out/k=1/data_1.csv"), "old");
  EXPECT_EQ(Read(top_ / "out/k=1/data_2.csv"), "new");
}

TEST_F(StagedCopyTest, UndoesWhatItDidBeforeAFileIsMissing) {
  Write(top_ / "out" / "data_0.csv", "mine");
  Write(top_ / "out" / "other", "mine");
  {
    StagedCopy copy(files_, Names(CopyOverwriteMode::COPY_OVERWRITE));
    const fs::path staging = copy.staging_folder();
    const auto written = Write(staging / "task-0/k=1/data_0.csv", "new");
    EXPECT_THROW(copy.Commit({written, (staging / "task-1/data_0.csv").string()}), duckdb::IOException);
  }
  EXPECT_EQ(Files(), (std::set<std::string>{"out/data_0.csv", "out/other"}));
  EXPECT_EQ(Read(top_ / "out" / "data_0.csv"), "mine");
  EXPECT_FALSE(fs::exists(top_ / "out" / "k=1"));
}

TEST_F(StagedCopyTest, ReplacesFilesOfTheSameNameOnly) {
  Write(top_ / "out" / "data_0.csv", "old");
  Write(top_ / "out" / "data_7.csv", "old");
  StagedCopy copy(files_, Names(CopyOverwriteMode::COPY_OVERWRITE_OR_IGNORE));
  copy.Commit({Write(fs::path(copy.staging_folder()) / "task-0/data_0.csv", "new")});
  EXPECT_EQ(Read(top_ / "out" / "data_0.csv"), "new");
  EXPECT_EQ(Read(top_ / "out" / "data_7.csv"), "old");
}

TEST_F(StagedCopyTest, TakesThePlaceOfAFileAndGivesItBack) {
  Write(top_ / "out", "mine");
  EXPECT_THROW(StagedCopy(files_, Names()), duckdb::IOException);
  { StagedCopy copy(files_, Names(CopyOverwriteMode::COPY_OVERWRITE)); }
  EXPECT_EQ(Read(top_ / "out"), "mine");
  StagedCopy copy(files_, Names(CopyOverwriteMode::COPY_OVERWRITE));
  copy.Commit({Write(fs::path(copy.staging_folder()) / "task-0/data_0.csv", "new")});
  EXPECT_EQ(Files(), (std::set<std::string>{"out/data_0.csv"}));
}

TEST_F(StagedCopyTest, RefusesAFileFromElsewhere) {
  StagedCopy copy(files_, Names());
  const auto elsewhere = Write(top_ / "elsewhere", "x");
  Write(fs::path(copy.staging_folder()) / "task-0/data_0.csv", "x");
  for (const auto& path : {elsewhere, copy.staging_folder() + "/task-0/../../../elsewhere"}) {
    EXPECT_THROW(copy.Commit({path}), duckdb::IOException);
  }
  EXPECT_EQ(Read(elsewhere), "x");
}

}  // namespace
}  // namespace skein::core
