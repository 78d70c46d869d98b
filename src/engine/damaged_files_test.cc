// Files that are not what was planned: damaged, written to, of another schema. Each is one error that names the file.
#include <fcntl.h>
#include <sys/stat.h>

#include <fstream>
#include <thread>

#include <gtest/gtest.h>

#include "engine/fragment_fixture.h"

namespace skein::core {
namespace {

class DamagedFilesTest : public FragmentFixture {
 protected:
  /// Puts `byte` in the place of all bytes of a column's pages in one row group; size and footer stay.
  void Damage(const std::string& name, int row_group, const std::string& column, char byte) {
    const auto where =
        client_.Ask("SELECT data_page_offset, total_compressed_size FROM parquet_metadata('" + dir_.path(name) +
                    "') WHERE row_group_id = " + std::to_string(row_group) + " AND path_in_schema = '" + column + "'");
    ASSERT_EQ(where.size(), 1u);
    size_t end_of_number = 0;
    const auto offset = std::stoll(where[0], &end_of_number);
    const auto size = std::stoll(where[0].substr(end_of_number + 1));
    std::fstream file(dir_.path(name), std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(offset);
    file << std::string(static_cast<size_t>(size), byte);
  }

  /// Moves the time of modification by nanoseconds, within its second.
  void TouchWithinTheSecond(const std::string& name) {
    struct stat before;
    ASSERT_EQ(stat(dir_.path(name).c_str(), &before), 0);
    timespec times[] = {before.st_atim, before.st_mtim};
    times[1].tv_nsec = (times[1].tv_nsec + 500'000'000) % 1'000'000'000;
    ASSERT_EQ(utimensat(AT_FDCWD, dir_.path(name).c_str(), times, 0), 0);
  }

  std::string Changed(const std::string& name) const {
    return "file changed while the query ran: \"" + dir_.path(name) + "\" is not the version that was planned";
  }
};

TEST_F(DamagedFilesTest, ADamagedRowGroupIsAnErrorThatNamesTheFile) {
  for (const char byte : {'\xff', '\x00', '\x5a'}) {
    Write("t1.parquet", "SELECT i, i % 7 AS g, 's' || (i % 100) AS s, i AS n FROM range(6000) r(i)");
    Damage("t1.parquet", 1, "s", byte);
    ExpectError(Run(MakeFragment("SELECT max(s) FROM t")).status, Fault::kUser, "Invalid Input",
                dir_.path("t1.parquet"));
  }
}

TEST_F(DamagedFilesTest, TheEngineGoesOnAfterADamagedFile) {
  Write("bad.parquet", "SELECT i, 's' || i AS s FROM range(6000) r(i)");
  Damage("bad.parquet", 2, "s", '\xff');
  EXPECT_FALSE(Run(MakeFragment("SELECT max(s) FROM '" + dir_.path("bad.parquet") + "'")).status.ok());
  ExpectAnswer("SELECT count(*), max(s) FROM t");
}

TEST_F(DamagedFilesTest, AFileWrittenWithinTheSecondOfItsPlanIsNamed) {
  const auto fragment = MakeFragment("SELECT i FROM t");
  TouchWithinTheSecond("t1.parquet");
  ExpectError(Run(fragment).status, Fault::kWorld, "", Changed("t1.parquet"));
}

TEST_F(DamagedFilesTest, AFileWrittenToWhileItIsOpenIsNamed) {
  const auto fragment = MakeFragment("SELECT i FROM '" + dir_.path("t0.parquet") + "'");
  ScriptedFeed feed;
  feed.Give(0, {fragment.splits[0][0]});
  std::thread writer([&] {
    EXPECT_TRUE(feed.WaitUntilAsked());
    TouchWithinTheSecond("t0.parquet");
    feed.Give(0, {fragment.splits[0][1]});
    feed.Close();
  });
  const auto outcome = Run(fragment, MakeTask(feed));
  writer.join();
  ExpectError(outcome.status, Fault::kWorld, "", Changed("t0.parquet"));
}

TEST_F(DamagedFilesTest, AFileReplacedWhileItIsOpenIsReadToItsEnd) {
  EngineOptions one_thread;  // whose question for the second split means that it has read the first
  one_thread.threads = 1;
  one_thread.memory_bytes = 256 << 20;
  one_thread.temp_dir = dir_.path();
  engine_ = *Engine::Open(one_thread);
  const auto fragment = MakeFragment("SELECT i FROM '" + dir_.path("t0.parquet") + "'");
  ScriptedFeed feed;
  feed.Give(0, {fragment.splits[0][0]});
  std::thread writer([&] {
    EXPECT_TRUE(feed.WaitUntilAsked());
    Write("new.parquet", "SELECT 1 AS i");
    std::filesystem::rename(dir_.path("new.parquet"), dir_.path("t0.parquet"));
    for (size_t i = 1; i < fragment.splits[0].size(); i++) feed.Give(0, {fragment.splits[0][i]});
    feed.Close();
  });
  const auto outcome = Run(fragment, MakeTask(feed));
  writer.join();
  ASSERT_TRUE(outcome.status.ok()) << outcome.status.ToString();
  EXPECT_EQ(outcome.rows.size(), 6000u);
}

TEST_F(DamagedFilesTest, AMissingColumnNamesBothFiles) {
  Write("x1.parquet", "SELECT 1 AS a, 2 AS b");
  Write("x2.parquet", "SELECT 1 AS a");
  const auto status = Run(MakeFragment("SELECT a, b FROM '" + dir_.path("x*.parquet") + "'")).status;
  ExpectError(status, Fault::kUser, "Invalid Input",
              "read from the original file \"" + dir_.path("x1.parquet") + "\", but could not be found in file \"" +
                  dir_.path("x2.parquet") + "\"");
}

}  // namespace
}  // namespace skein::core
