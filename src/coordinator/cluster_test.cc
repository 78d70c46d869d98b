#include "coordinator/cluster.h"

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <future>

#include <gtest/gtest.h>
#include <pthread.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "coordinator/cluster_fixture.h"
#include "coordinator/fakes.h"

namespace skein::core {
namespace {

class ClusterStart : public testing::Test {
 protected:
  ClusterStart() {
    std::string pattern = testing::TempDir() + "cluster_XXXXXX";
    directory_ = mkdtemp(pattern.data());
    options_.worker_binary = directory_ + "/program";
    options_.temp_dir = directory_;
    options_.start_timeout = std::chrono::seconds(10);
    options_.connect_timeout = std::chrono::milliseconds(500);
  }
  ~ClusterStart() override { std::filesystem::remove_all(directory_); }

  void WriteProgram(const std::string& script) {
    std::ofstream(options_.worker_binary) << "#!/bin/sh\n" << script;
    chmod(options_.worker_binary.c_str(), 0700);
  }
  std::string StartError(const std::string& spec) {
    options_.spec = ClusterSpec::Parse(spec).ValueOrDie();
    return Cluster::Start(options_).status().message();
  }
  void TearDown() override {
    EXPECT_EQ(waitpid(-1, nullptr, WNOHANG), -1);
    EXPECT_EQ(errno, ECHILD);
  }

  std::string directory_;
  ClusterOptions options_;
};

TEST_F(ClusterStart, NamesAProgramThatIsMissing) {
  EXPECT_EQ(StartError("local:2"), "local worker 0: cannot start the program '" + options_.worker_binary +
                                       "' (skein_worker_binary): No such file or directory");
}

TEST_F(ClusterStart, EndsTheOtherWorkersWhenOneDoesNotStart) {
  WriteProgram("if mkdir \"$(dirname \"$0\")/first\" 2>/dev/null; then echo no memory >&2; exit 3; fi\nread line\n");
  options_.start_timeout = std::chrono::milliseconds(300);
  const auto error = StartError("local:3");
  EXPECT_NE(error.find("did not start"), std::string::npos) << error;
}

TEST_F(ClusterStart, NamesALocalWorkerThatCannotBeReached) {
  WriteProgram("echo skein worker ready control=127.0.0.1:1 data=127.0.0.1:1 pid=$$\nread line\n");
  const auto error = StartError("local:1");
  EXPECT_NE(error.find("127.0.0.1:1"), std::string::npos) << error;
}

TEST_F(ClusterStart, NamesAnAddressThatCannotBeReached) {
  const auto error = StartError("127.0.0.1:1");
  EXPECT_NE(error.find("127.0.0.1:1"), std::string::npos) << error;
}

class OneAddress : public WorkerResolver {
 public:
  arrow::Result<std::vector<std::string>> Resolve() override { return std::vector<std::string>{"127.0.0.1:1"}; }
};

/// While it lives, the process starts no threads: their stacks would be larger than its address space.
class NoThreads {
 public:
  NoThreads() {
    pthread_getattr_default_np(&before_);
    pthread_attr_t huge;
    pthread_getattr_default_np(&huge);
    pthread_attr_setstacksize(&huge, size_t{1} << 47);
    pthread_setattr_default_np(&huge);
    pthread_attr_destroy(&huge);
  }
  ~NoThreads() {
    pthread_setattr_default_np(&before_);
    pthread_attr_destroy(&before_);
  }

 private:
  pthread_attr_t before_;
};

TEST_F(ClusterStart, SaysThatThereIsNoThreadToReachAWorker) {
  options_.worker_resolver = std::make_shared<OneAddress>();
  const auto cluster = Cluster::Start(options_).ValueOrDie();
  arrow::Status status;
  {
    const NoThreads none;
    status = cluster->EnsureReady();
  }
  EXPECT_NE(status.message().find("no thread to start worker 0"), std::string::npos) << status.message();
  EXPECT_EQ(cluster->EnsureReady().message().find("no thread"), std::string::npos);
}

TEST_F(ClusterRun, BringsTheRowsOfAllTasksAndReleasesThem) {
  Start({Script::kFinish, Script::kFinish});
  for (int round = 0; round < 3; round++) {
    const auto query = Execute();
    for (int block = 0; block < 2; block++) EXPECT_EQ(Take(*query).ValueOrDie().state, ReceiverPoll::kBlock);
    EXPECT_EQ(Take(*query).ValueOrDie().state, ReceiverPoll::kFinished);
    EXPECT_TRUE(Finish(*query).ValueOrDie());
  }
  const auto queries = cluster_->Queries();
  ASSERT_EQ(queries.size(), 3u);
  EXPECT_EQ(queries[0].state, "finished");
  EXPECT_EQ(queries[0].shuffle_bytes, 28u);
  EXPECT_EQ(cluster_->Tasks().size(), 6u);
  cluster_.reset();
  EXPECT_EQ(workers_[0]->releases(), 3);
}

TEST_F(ClusterRun, BringsRowsOfTheClientToItsTasks) {
  Start({Script::kEcho, Script::kEcho});
  const auto query = ExecuteWithRows(std::make_shared<FakeClientInput>(std::vector<std::string>{"abc", "def"}));
  for (int task = 0; task < 2; task++) {
    const auto poll = Take(*query).ValueOrDie();
    ASSERT_EQ(poll.state, ReceiverPoll::kBlock);
    EXPECT_EQ(poll.received.block.data->ToString(), "abcdef");
  }
  EXPECT_EQ(Take(*query).ValueOrDie().state, ReceiverPoll::kFinished);
  EXPECT_TRUE(Finish(*query).ValueOrDie());
  EXPECT_EQ(cluster_->Queries()[0].shuffle_bytes, 18u);
}

/// Rows that nobody can read, or that never come.
class BrokenInput : public ClientInput {
 public:
  arrow::Result<std::unique_ptr<UnitReader>> Open() override { return WorldError("the spill file broke"); }
};

class EndlessInput : public ClientInput {
 public:
  arrow::Result<std::unique_ptr<UnitReader>> Open() override {
    (void)store_->OpenUnit({});
    opened.set_value();
    return store_->Read({}, PartitionRange::All());
  }
  std::promise<void> opened;

 private:
  const std::unique_ptr<RetainedStore> store_ = RetainedStore::Make({}).ValueOrDie();
};

TEST_F(ClusterRun, FailsWhenRowsOfTheClientCannotBeRead) {
  Start({Script::kEcho});
  const auto query = ExecuteWithRows(std::make_shared<BrokenInput>());
  EXPECT_EQ(Take(*query).status().message(), "the spill file broke");
}

TEST_F(ClusterRun, IsDroppedPromptlyWhileItSendsRowsOfTheClient) {
  Start({Script::kHang, Script::kHang});
  const auto rows = std::make_shared<EndlessInput>();
  auto query = ExecuteWithRows(rows);
  ASSERT_EQ(rows->opened.get_future().wait_for(std::chrono::seconds(20)), std::future_status::ready);
  const auto before = std::chrono::steady_clock::now();
  query.reset();
  EXPECT_LT(std::chrono::steady_clock::now() - before, std::chrono::seconds(1));
  cluster_.reset();
  EXPECT_LT(std::chrono::steady_clock::now() - before, std::chrono::seconds(5));
  EXPECT_EQ(rows.use_count(), 1);
}

TEST_F(ClusterRun, GivesTheErrorOfATaskToTheClient) {
  Start({Script::kHang, Script::kFail});
  const auto query = Execute();
  EXPECT_EQ(Take(*query).status().message(), "division by zero");
  EXPECT_EQ(Finish(*query).status().message(), "division by zero");
  EXPECT_EQ(cluster_->Queries()[0].state, "failed");
}

TEST_F(ClusterRun, NamesAWorkerThatVanishesAndFindsItAgain) {
  Start({Script::kHang, Script::kHang});
  const auto query = Execute();
  workers_[1]->Stop();
  const auto lost = Take(*query).status();
  EXPECT_NE(lost.message().find("worker lost: worker=1 address=" + cluster_->Workers()[1].address + " stage=0"),
            std::string::npos)
      << lost.message();
  EXPECT_EQ(cluster_->Workers()[1].state, "lost");
  EXPECT_TRUE(cluster_->EnsureReady().ok());  // one is left
  const auto address = cluster_->Workers()[1].address;
  workers_[1] = std::make_unique<ScriptedWorker>(Script::kHang, std::stoi(address.substr(address.find(':') + 1)));
  EXPECT_TRUE(cluster_->EnsureReady().ok());
  EXPECT_EQ(cluster_->Workers()[1].state, "ready");
}

TEST_F(ClusterRun, CountsAWorkerAsLostThatSaysItEnds) {
  Start({Script::kHang, Script::kEnd});
  const auto query = Execute();
  const auto lost = Take(*query).status();
  EXPECT_NE(lost.message().find("worker lost: worker=1"), std::string::npos) << lost.message();
  EXPECT_NE(lost.message().find(": no more of it"), std::string::npos) << lost.message();
  EXPECT_EQ(cluster_->Workers()[1].state, "lost");
}

TEST_F(ClusterRun, SaysThatNoWorkerIsLeft) {
  Start({Script::kHang});
  workers_[0]->Stop();
  const auto query = Execute();
  EXPECT_FALSE(Take(*query).ok());
  const auto status = cluster_->EnsureReady();
  EXPECT_NE(status.message().find("no worker is left: "), std::string::npos) << status.message();
}

TEST_F(ClusterRun, IsCancelledFromOutside) {
  Start({Script::kHang});
  const auto query = Execute();
  query->Cancel("interrupted");
  EXPECT_TRUE(Take(*query).status().IsCancelled());
}

TEST_F(ClusterRun, LivesAsLongAsItsQueriesAndReleasesThemWhenTheyAreDropped) {
  Start({Script::kHang});
  auto query = Execute();
  const std::weak_ptr<Cluster> cluster = cluster_;
  cluster_.reset();
  EXPECT_FALSE(cluster.expired());
  query.reset();
  EXPECT_TRUE(cluster.expired());
}

TEST_F(ClusterRun, CanBeDroppedByAWakeUpOnItsOwnThread) {
  Start({Script::kHang});
  const auto query = std::make_shared<std::unique_ptr<QueryExecution>>(Execute());
  ASSERT_FALSE((*query)->TryFinish([query] { query->reset(); }).ValueOrDie());
  cluster_.reset();
  (*query)->Cancel("interrupted");
  EXPECT_TRUE(workers_[0]->WaitLeft());
}

}  // namespace
}  // namespace skein::core
