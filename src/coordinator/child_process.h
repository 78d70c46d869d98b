// One child process: its standard input is a lifeline that ends it when this process is gone, its standard output a
// pipe, its standard error an unlinked file. Waits for its own pid only: the user's process has children of its own.
// Any thread may call; Spawn itself on a thread that lives as long as the child should.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <arrow/result.h>
#include <sys/types.h>

#include "base/mutex.h"

namespace skein::core {

/// Owns a file descriptor.
class FileHandle {
 public:
  explicit FileHandle(int fd = -1) : fd_(fd) {}
  FileHandle(FileHandle&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  FileHandle& operator=(FileHandle&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~FileHandle() { Close(); }
  void Close();
  int get() const { return fd_; }

 private:
  int fd_;
};

struct ChildProcessOptions {
  /// The program's path and its arguments.
  std::vector<std::string> arguments;
  /// NAME=value, added to a copy of this process's environment.
  std::vector<std::string> environment;
  /// Where the unlinked file for standard error is made.
  std::string temp_dir;
};

class ChildProcess {
 public:
  /// Starts the program in a process group of its own, with default signal handlers and no signal blocked. Errors
  /// (WorldError) name the program or directory.
  static arrow::Result<std::unique_ptr<ChildProcess>> Spawn(const ChildProcessOptions& options);
  /// Kills the process, if it runs still, and reaps it.
  ~ChildProcess();

  pid_t pid() const { return pid_; }
  /// Reads one line of standard output; empty when the time is over or the output has ended.
  std::string ReadLine(std::chrono::milliseconds timeout);
  /// Returns the last lines of standard error, joined by "; ".
  std::string LastErrors() const;
  /// Waits for the end and reaps: "process ended by signal 9"; nothing when it still runs.
  std::optional<std::string> WaitExit(std::chrono::milliseconds timeout);
  /// Asks the process to end, by closing its lifeline.
  void CloseLifeline();
  void Kill();

 private:
  ChildProcess() = default;

  pid_t pid_ = -1;
  FileHandle lifeline_;
  FileHandle output_;
  FileHandle errors_;
  FileHandle pidfd_;
  mutable Mutex mutex_;
  std::optional<std::string> exit_ GUARDED_BY(mutex_);  // set once reaped
};

}  // namespace skein::core
