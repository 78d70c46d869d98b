#include "coordinator/local_workers.h"

#include <cerrno>
#include <csignal>
#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

namespace skein::core {
namespace {

using std::chrono::milliseconds;

constexpr char kReady[] = "echo skein worker ready control=127.0.0.1:1 data=127.0.0.1:2 pid=$$\n";

class LocalWorkerTest : public testing::Test {
 protected:
  LocalWorkerTest() {
    std::string pattern = testing::TempDir() + "local_workers_XXXXXX";
    directory_ = mkdtemp(pattern.data());
    open_files_ = CountOpenFiles();
  }
  ~LocalWorkerTest() override { std::filesystem::remove_all(directory_); }

  /// Checks that nothing is left: no child of this process, no descriptor, no file.
  void TearDown() override {
    EXPECT_EQ(waitpid(-1, nullptr, WNOHANG), -1);
    EXPECT_EQ(errno, ECHILD);
    EXPECT_EQ(CountOpenFiles(), open_files_);
  }

  /// Counts what a worker process costs beside its lifeline: a pipe, its pidfd, the file of its errors. Sockets belong
  /// to other tests.
  size_t CountOpenFiles() const {
    size_t count = 0;
    for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
      std::error_code gone;
      const auto target = std::filesystem::read_symlink(entry, gone).string();
      count += target.starts_with("pipe:") || target.find("pidfd") != target.npos || target.starts_with(directory_);
    }
    return count;
  }

  arrow::Result<std::unique_ptr<LocalWorker>> Spawn(const std::string& script) {
    LocalWorkerOptions options;
    options.worker = 3;
    options.binary = directory_ + "/program";
    options.temp_dir = directory_;
    options.memory_bytes = 123;
    options.secret = "s3cret";
    std::ofstream(options.binary) << "#!/bin/sh\n" << script;
    chmod(options.binary.c_str(), 0700);
    return LocalWorker::Spawn(options);
  }

  std::string StartError(const std::string& script, milliseconds timeout) {
    const auto worker = Spawn(script).ValueOrDie();
    return worker->WaitReady(timeout).status().message();
  }

  std::string directory_;
  size_t open_files_ = 0;
};

TEST_F(LocalWorkerTest, ReadsTheReadyLineAndEndsByTheLifeline) {
  const auto worker = Spawn(std::string(kReady) + "read line\nexit 7\n").ValueOrDie();
  const auto ready = worker->WaitReady(milliseconds(10000)).ValueOrDie();
  EXPECT_EQ(ready.control, "127.0.0.1:1");
  EXPECT_EQ(ready.data, "127.0.0.1:2");
  EXPECT_EQ(ready.pid, static_cast<uint64_t>(worker->pid()));
  EXPECT_FALSE(worker->WaitExit(milliseconds(0)));
  EXPECT_EQ(CountOpenFiles(), open_files_ + 3);
  worker->BeginEnd();
  EXPECT_EQ(worker->WaitExit(milliseconds(10000)).value_or(""), "process ended with code 7");
}

TEST_F(LocalWorkerTest, HandsTheSecretOverInTheEnvironmentOnly) {
  const auto worker = Spawn("echo \"$SKEIN_SECRET|$*\" >&2\nexit 1\n").ValueOrDie();
  const auto error = worker->WaitReady(milliseconds(10000)).status().message();
  EXPECT_NE(error.find("s3cret|worker --listen 127.0.0.1:0 --threads 1 --memory 123 --temp-dir " + directory_ +
                       " --parent-pipe"),
            std::string::npos)
      << error;
}

TEST_F(LocalWorkerTest, NamesAProgramThatIsMissing) {
  LocalWorkerOptions options;
  options.worker = 3;
  options.binary = directory_ + "/nothing";
  options.temp_dir = directory_;
  EXPECT_EQ(LocalWorker::Spawn(options).status().message(), "local worker 3: cannot start the program '" +
                                                                options.binary +
                                                                "' (skein_worker_binary): No such file or directory");
}

TEST_F(LocalWorkerTest, SaysThatAProgramPrintsNothing) {
  EXPECT_EQ(StartError("read line\n", milliseconds(50)), "local worker 3 did not start in time: after_ms=50");
}

TEST_F(LocalWorkerTest, SaysHowAProgramEndedAndWhatItWrote) {
  EXPECT_EQ(StartError("echo port is taken >&2\necho give up >&2\nexit 2\n", milliseconds(10000)),
            "local worker 3 did not start: process ended with code 2: port is taken; give up");
}

TEST_F(LocalWorkerTest, QuotesALineThatItDoesNotUnderstand) {
  EXPECT_EQ(StartError("echo hello\nread line\n", milliseconds(10000)),
            "local worker 3 did not start: it printed 'hello'");
}

TEST_F(LocalWorkerTest, SaysWhichSignalEndedAReadyWorker) {
  const auto worker = Spawn(std::string(kReady) + "read line\n").ValueOrDie();
  ASSERT_TRUE(worker->WaitReady(milliseconds(10000)).ok());
  kill(worker->pid(), SIGKILL);
  EXPECT_EQ(worker->WaitExit(milliseconds(10000)).value_or(""), "process ended by signal 9");
}

TEST_F(LocalWorkerTest, NoticesAWorkerThatEndsAfterItsReadyLine) {
  const auto worker = Spawn(std::string(kReady) + "exit 0\n").ValueOrDie();
  ASSERT_TRUE(worker->WaitReady(milliseconds(10000)).ok());
  EXPECT_EQ(worker->WaitExit(milliseconds(10000)).value_or(""), "process ended with code 0");
}

TEST(ReadyLine, IsReadExactly) {
  EXPECT_TRUE(ReadyLine::Parse("skein worker ready control=a:1 data=a:2 pid=3"));
  for (const std::string line : {"", "skein worker ready", "skein worker ready control=a:1 data=a:2 pid=x",
                                 "skein worker ready control= data=a:2 pid=3", "ready control=a:1 data=a:2 pid=3",
                                 "skein worker ready control=a:1 data=a:2 pid=3 more"}) {
    EXPECT_FALSE(ReadyLine::Parse(line)) << line;
  }
}

}  // namespace
}  // namespace skein::core
