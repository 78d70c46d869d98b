// The checkpoints of the fault manager as files.
#include <fstream>

#include <gtest/gtest.h>

#include "random_batches.h"
#include "skein/fault_manager.h"
#include "temporary_directory.h"

namespace skein {
namespace {

namespace fs = std::filesystem;

class CheckpointTest : public testing::Test {
 protected:
  FaultConfig Config() const {
    FaultConfig config;
    config.checkpoint_directory = (directory_.path() / "kept").string();
    return config;
  }
  std::vector<fs::path> Files() const {
    std::vector<fs::path> files;
    for (const auto& entry : fs::directory_iterator(directory_.path() / "kept")) files.push_back(entry.path());
    return files;
  }

  TemporaryDirectory directory_;
  const arrow::RecordBatchVector rows_ = RandomBatches(arrow::utf8(), {50}, false, 1);
};

TEST_F(CheckpointTest, IsReadByAnotherManagerOfTheDirectory) {
  FaultManager first(Config());
  ASSERT_TRUE(first.CreateCheckpoint("q", {0}, {{0, rows_}}).ok());
  const auto plan = *FaultManager(Config()).RecoverFromCheckpoint("q");
  ASSERT_TRUE(plan);
  EXPECT_TRUE(plan->data.at(0)[0]->Equals(*rows_[0]));
}

TEST_F(CheckpointTest, IsForThisUserOnly) {
  FaultManager faults(Config());
  ASSERT_TRUE(faults.CreateCheckpoint("q", {0}, {{0, rows_}}).ok());
  EXPECT_EQ(fs::status(directory_.path() / "kept").permissions(), fs::perms::owner_all);
  for (const auto& file : Files()) {
    EXPECT_EQ(fs::status(file).permissions(), fs::perms::owner_read | fs::perms::owner_write) << file;
  }
}

TEST_F(CheckpointTest, TakesThePlaceOfTheOneBefore) {
  FaultManager faults(Config());
  ASSERT_TRUE(faults.CreateCheckpoint("q", {0}, {{0, rows_}}).ok());
  ASSERT_TRUE(faults.CreateCheckpoint("q", {0, 1}, {{1, rows_}}).ok());
  EXPECT_EQ(Files().size(), 2U);  // the list and one stage
  EXPECT_EQ((*faults.RecoverFromCheckpoint("q"))->resume_from_stage, 2U);
}

TEST_F(CheckpointTest, StandsWhenTheNextOneCannotBeWritten) {
  FaultManager faults(Config());
  ASSERT_TRUE(faults.CreateCheckpoint("q", {0}, {{0, rows_}}).ok());
  const auto other = RandomBatches(arrow::int8(), {1}, false, 1);
  EXPECT_FALSE(faults.CreateCheckpoint("q", {0, 1}, {{0, rows_}, {1, {rows_[0], other[0]}}}).ok());
  EXPECT_EQ(Files().size(), 2U);
  EXPECT_EQ((*faults.RecoverFromCheckpoint("q"))->resume_from_stage, 1U);
}

TEST_F(CheckpointTest, IsDroppedWithAllItsFilesAndNoOthers) {
  FaultManager faults(Config());
  ASSERT_TRUE(faults.CreateCheckpoint("q", {0}, {{0, rows_}}).ok());
  ASSERT_TRUE(faults.CreateCheckpoint("q2", {0}, {{0, rows_}}).ok());
  ASSERT_TRUE(faults.DropCheckpoint("q").ok());
  EXPECT_EQ(Files().size(), 2U);
  EXPECT_TRUE(*faults.RecoverFromCheckpoint("q2"));
  EXPECT_EQ(faults.GetStats().checkpoints, 1U);
}

TEST_F(CheckpointTest, IsDroppedByTheDestructor) {
  ASSERT_TRUE(FaultManager(Config()).CreateCheckpoint("q", {0}, {{0, rows_}}).ok());
  EXPECT_TRUE(Files().empty());
}

TEST_F(CheckpointTest, IsAnErrorWithTheNameOfTheFileThatIsDamaged) {
  FaultManager faults(Config());
  ASSERT_TRUE(faults.CreateCheckpoint("q", {0}, {{0, rows_}}).ok());
  for (const auto& file : Files()) {
    std::string whole;
    {
      std::ifstream in(file, std::ios::binary);
      whole.assign(std::istreambuf_iterator<char>(in), {});
    }
    for (const double share : {0.0, 0.3, 0.5, 0.9}) {
      const auto size = static_cast<size_t>(static_cast<double>(whole.size()) * share);
      std::ofstream(file, std::ios::binary | std::ios::trunc) << whole.substr(0, size);
      const auto status = faults.RecoverFromCheckpoint("q").status();
      EXPECT_TRUE(status.IsIOError()) << file << " " << share << " " << status;
      EXPECT_NE(status.message().find(file.string()), std::string::npos) << status;
    }
    std::ofstream(file, std::ios::binary | std::ios::trunc) << whole;
  }
  EXPECT_TRUE(faults.RecoverFromCheckpoint("q").ok());
}

TEST_F(CheckpointTest, IsAnErrorWhereAValueHasChanged) {
  FaultManager faults(Config());
  ASSERT_TRUE(faults.CreateCheckpoint("q", {0}, {{0, rows_}}).ok());
  const auto files = Files();
  const auto data = std::find_if(files.begin(), files.end(), [](const auto& f) { return f.extension() == ".arrows"; });
  ASSERT_NE(data, files.end());
  std::fstream file(*data, std::ios::binary | std::ios::in | std::ios::out);
  file.seekp(static_cast<std::streamoff>(fs::file_size(*data)) - 64);
  file << '!';
  file.close();
  EXPECT_TRUE(faults.RecoverFromCheckpoint("q").status().IsIOError());
}

TEST_F(CheckpointTest, IsAnErrorWhereAFileIsGone) {
  FaultManager faults(Config());
  ASSERT_TRUE(faults.CreateCheckpoint("q", {0}, {{0, rows_}}).ok());
  for (const auto& file : Files()) {
    if (file.extension() == ".arrows") fs::remove(file);
  }
  EXPECT_TRUE(faults.RecoverFromCheckpoint("q").status().IsIOError());
}

}  // namespace
}  // namespace skein
