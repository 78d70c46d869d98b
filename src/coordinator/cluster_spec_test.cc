#include "coordinator/cluster_spec.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "coordinator/machine_share.h"

namespace skein::core {
namespace {

std::string ErrorOf(const std::string& text) {
  const auto spec = ClusterSpec::Parse(text);
  return spec.ok() ? "" : spec.status().message();
}

TEST(ClusterSpec, ReadsLocalWorkers) {
  const auto spec = ClusterSpec::Parse(" local:4 ").ValueOrDie();
  EXPECT_EQ(spec.local_workers, 4u);
  EXPECT_EQ(spec.worker_count(), 4u);
  EXPECT_EQ(spec.threads, 0);
  EXPECT_EQ(spec.memory_bytes, 0u);
}

TEST(ClusterSpec, ReadsThreadsAndMemoryInAnyCase) {
  const auto spec = ClusterSpec::Parse("local:2?threads=3&memory=4GiB").ValueOrDie();
  EXPECT_EQ(spec.threads, 3);
  EXPECT_EQ(spec.memory_bytes, uint64_t{4} << 30);
  EXPECT_EQ(ClusterSpec::Parse("local:2?memory=512mb").ValueOrDie().memory_bytes, 512000000u);
  EXPECT_EQ(ClusterSpec::Parse("local:2?memory=4gb").ValueOrDie().memory_bytes, 4000000000u);
}

TEST(ClusterSpec, ReadsAddressesAlsoOfIpv6) {
  const auto spec = ClusterSpec::Parse("a.example:7070, [::1]:7071").ValueOrDie();
  EXPECT_EQ(spec.addresses, (std::vector<std::string>{"a.example:7070", "[::1]:7071"}));
  EXPECT_EQ(spec.worker_count(), 2u);
}

TEST(ClusterSpec, WritesWhatItReads) {
  for (const std::string text : {"local:4", "local:4?threads=2&memory=4GB", "local:1?memory=3GiB", "a:1,[::1]:2"}) {
    EXPECT_EQ(ClusterSpec::Parse(text).ValueOrDie().ToString(), text);
  }
}

TEST(ClusterSpec, RefusesWrongTextsAndQuotesThem) {
  for (const std::string text : {"",
                                 "local",
                                 "local:",
                                 "local:0",
                                 "local:257",
                                 "local:-1",
                                 "local:4x",
                                 "local:4?",
                                 "local:4?threads=0",
                                 "local:4?memory=4",
                                 "local:4?memory=0GB",
                                 "local:4?memory=99999999999999TB",
                                 "local:4?cores=2",
                                 "host",
                                 "host:0",
                                 "host:70000",
                                 "host:x",
                                 ":7070",
                                 "a:1,",
                                 "a:1,a:1",
                                 "a b:1",
                                 "a'b:1",
                                 "größe:1",
                                 "local:4?threads=1&threads=2",
                                 "local:4?memory=1GB&memory=1GB",
                                 "::1:7070",
                                 "[::1]7070",
                                 "[::1:7070",
                                 "[]:1"}) {
    const auto error = ErrorOf(text);
    EXPECT_NE(error.find("'" + text + "'"), std::string::npos) << "text '" << text << "' gave '" << error << "'";
    EXPECT_NE(error.find("right are local:N"), std::string::npos);
  }
}

TEST(ClusterSpec, BlamesTheUser) {
  const auto status = ClusterSpec::Parse("local:0").status();
  ASSERT_NE(DetailOf(status), nullptr);
  EXPECT_EQ(DetailOf(status)->fault(), Fault::kUser);
}

TEST(MachineShare, LeavesAShareToTheUsersProcess) {
  EXPECT_GE(DefaultWorkerThreads(1000), 1);
  EXPECT_GT(DefaultWorkerMemoryBytes(1), 0u);
  EXPECT_NEAR(static_cast<double>(DefaultWorkerMemoryBytes(3)) * 4,
              static_cast<double>(DefaultWorkerMemoryBytes(1)) * 2, 16.0);
}

}  // namespace
}  // namespace skein::core
