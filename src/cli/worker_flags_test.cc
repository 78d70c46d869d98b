#include "cli/worker_flags.h"

#include <initializer_list>
#include <vector>

#include <gtest/gtest.h>

namespace skein::core {
namespace {

arrow::Result<WorkerFlags> Parse(std::initializer_list<const char*> flags) {
  std::vector<const char*> argv{"worker"};
  argv.insert(argv.end(), flags);
  return ParseWorkerFlags(static_cast<int>(argv.size()), argv.data());
}

TEST(WorkerFlags, ReadsAllOfThem) {
  const auto flags = Parse({"--listen", "0.0.0.0:7431", "--data-port", "7432", "--threads", "3", "--memory", "256MB",
                            "--disk", "1TiB", "--temp-dir", "/x", "--secret-file", "/s", "--parent-pipe"});
  ASSERT_TRUE(flags.ok()) << flags.status().ToString();
  EXPECT_EQ(flags->worker.host, "0.0.0.0");
  EXPECT_EQ(flags->worker.control_port, 7431);
  EXPECT_EQ(flags->worker.data_port, 7432);
  EXPECT_EQ(flags->worker.threads, 3);
  EXPECT_EQ(flags->worker.memory_bytes, 256000000u);
  EXPECT_EQ(flags->worker.disk_bytes, uint64_t{1} << 40);
  EXPECT_TRUE(flags->has_parent_pipe);
}

TEST(WorkerFlags, TakesItsSharesFromTheMachineByDefault) {
  const auto flags = Parse({"--listen", "localhost:0"});
  ASSERT_TRUE(flags.ok()) << flags.status().ToString();
  EXPECT_GE(flags->worker.threads, 1);
  EXPECT_GT(flags->worker.memory_bytes, uint64_t{64} << 20);
  EXPECT_FALSE(flags->has_parent_pipe);
}

TEST(WorkerFlags, NamesTheFlagThatIsWrong) {
  EXPECT_NE(Parse({}).status().message().find("--listen"), std::string::npos);
  EXPECT_NE(Parse({"--listen", "7431"}).status().message().find("--listen: expected HOST:PORT"), std::string::npos);
  EXPECT_NE(Parse({"--listen", "h:99999"}).status().message().find("not a port: '99999'"), std::string::npos);
  EXPECT_NE(Parse({"--listen", "h:1", "--threads", "0"}).status().message().find("--threads"), std::string::npos);
  EXPECT_NE(Parse({"--listen", "h:1", "--memory", "4GX"}).status().message().find("--memory: not a size: '4GX'"),
            std::string::npos);
  EXPECT_NE(Parse({"--listen", "h:1", "--memory", "9000TB"}).status().message().find("--memory: 9000TB is more than"),
            std::string::npos);
  EXPECT_NE(Parse({"--listen", "h:1", "--colour"}).status().message().find("--colour"), std::string::npos);
}

TEST(WorkerFlags, ExplainsThemselves) { EXPECT_NE(Parse({"--help"})->help.find("--parent-pipe"), std::string::npos); }

TEST(ParseByteSize, KnowsPowersOf1000And1024) {
  EXPECT_EQ(*ParseByteSize("512MB"), 512000000u);
  EXPECT_EQ(*ParseByteSize("4GiB"), uint64_t{4} << 30);
  EXPECT_EQ(*ParseByteSize("1.5 gb"), 1500000000u);
  EXPECT_EQ(*ParseByteSize("536870912"), uint64_t{512} << 20);
}

TEST(ParseByteSize, RefusesWhatIsNone) {
  for (const char* text : {"", "GB", "-1GB", "4GX", "0GB", "9999999999TB", "nanGB"}) {
    EXPECT_FALSE(ParseByteSize(text).ok()) << text;
  }
}

}  // namespace
}  // namespace skein::core
