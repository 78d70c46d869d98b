#include "coordinator/child_process.h"

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"

namespace skein::core {
namespace {

using Clock = std::chrono::steady_clock;

arrow::Status Failed(const std::string& what, int error) { return WorldError(what + ": " + std::strerror(error)); }

/// Moves a descriptor out of the way of 0, 1 and 2, which the child's own are made from.
arrow::Result<FileHandle> AboveStandard(FileHandle file) {
  if (file.get() > 2) return file;
  FileHandle moved(fcntl(file.get(), F_DUPFD_CLOEXEC, 3));
  if (moved.get() < 0) return Failed("cannot move a file descriptor", errno);
  return moved;
}

struct Pipe {
  FileHandle read;
  FileHandle write;
};

arrow::Result<Pipe> MakePipe() {
  int fds[2];
  if (pipe2(fds, O_CLOEXEC) != 0) return Failed("cannot make a pipe", errno);
  FileHandle read(fds[0]), write(fds[1]);
  Pipe pipe;
  ARROW_ASSIGN_OR_RAISE(pipe.read, AboveStandard(std::move(read)));
  ARROW_ASSIGN_OR_RAISE(pipe.write, AboveStandard(std::move(write)));
  return pipe;
}

/// Makes a lifeline. A pair of sockets, not a pipe: a shutdown is seen at the other end even while a forked copy of
/// this process still holds the end that was shut.
arrow::Result<Pipe> MakeLifeline() {
  int fds[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) != 0) return Failed("cannot make a lifeline", errno);
  FileHandle read(fds[0]), write(fds[1]);
  Pipe pipe;
  ARROW_ASSIGN_OR_RAISE(pipe.read, AboveStandard(std::move(read)));
  ARROW_ASSIGN_OR_RAISE(pipe.write, AboveStandard(std::move(write)));
  return pipe;
}

arrow::Result<FileHandle> MakeUnlinkedFile(const std::string& directory) {
  std::string path = directory + "/skein-errors-XXXXXX";
  FileHandle file(mkostemp(path.data(), O_CLOEXEC | O_APPEND));
  if (file.get() < 0) return Failed("cannot write into '" + directory + "' (skein_temp_directory)", errno);
  unlink(path.c_str());
  return AboveStandard(std::move(file));
}

/// The attributes and file actions of posix_spawn, freed with it.
class SpawnSettings {
 public:
  SpawnSettings() {
    posix_spawnattr_init(&attributes_);
    posix_spawn_file_actions_init(&actions_);
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawnattr_setsigmask(&attributes_, &none);
    posix_spawnattr_setsigdefault(&attributes_, &all);
    posix_spawnattr_setpgroup(&attributes_, 0);
    posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
  }
  SpawnSettings(const SpawnSettings&) = delete;
  SpawnSettings& operator=(const SpawnSettings&) = delete;
  ~SpawnSettings() {
    posix_spawnattr_destroy(&attributes_);
    posix_spawn_file_actions_destroy(&actions_);
  }

  void UseAs(const FileHandle& file, int number) { posix_spawn_file_actions_adddup2(&actions_, file.get(), number); }
  const posix_spawnattr_t* attributes() const { return &attributes_; }
  const posix_spawn_file_actions_t* actions() const { return &actions_; }

 private:
  posix_spawnattr_t attributes_;
  posix_spawn_file_actions_t actions_;
};

std::vector<char*> Pointers(const std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (const auto& text : texts) pointers.push_back(const_cast<char*>(text.c_str()));
  pointers.push_back(nullptr);
  return pointers;
}

/// Copies this process's environment, without the variables that `added` sets.
std::vector<std::string> EnvironmentWith(const std::vector<std::string>& added) {
  std::vector<std::string> all = added;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; entry++) {
    const std::string text = *entry;
    bool is_replaced = false;
    for (const auto& other : added) is_replaced |= text.starts_with(other.substr(0, other.find('=') + 1));
    if (!is_replaced) all.push_back(text);
  }
  return all;
}

bool PollUntil(int fd, Clock::time_point deadline) {
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now()).count();
    pollfd waiting{fd, POLLIN, 0};
    const int ready = poll(&waiting, 1, static_cast<int>(std::max<int64_t>(left, 0)));
    if (ready > 0) return true;
    if (ready == 0 || errno != EINTR) return false;
  }
}

std::string DescribeExit(int status) {
  if (WIFSIGNALED(status)) return "process ended by signal " + std::to_string(WTERMSIG(status));
  return "process ended with code " + std::to_string(WEXITSTATUS(status));
}

}  // namespace

void FileHandle::Close() {
  if (fd_ >= 0) close(std::exchange(fd_, -1));
}

arrow::Result<std::unique_ptr<ChildProcess>> ChildProcess::Spawn(const ChildProcessOptions& options) {
  const std::string& program = options.arguments.at(0);
  std::unique_ptr<ChildProcess> child(new ChildProcess());
  ARROW_ASSIGN_OR_RAISE(auto input, MakeLifeline());
  ARROW_ASSIGN_OR_RAISE(auto output, MakePipe());
  ARROW_ASSIGN_OR_RAISE(child->errors_, MakeUnlinkedFile(options.temp_dir));
  SpawnSettings settings;
  settings.UseAs(input.read, STDIN_FILENO);
  settings.UseAs(output.write, STDOUT_FILENO);
  settings.UseAs(child->errors_, STDERR_FILENO);
  const auto environment = EnvironmentWith(options.environment);
  pid_t pid = -1;
  const int error = posix_spawn(&pid, program.c_str(), settings.actions(), settings.attributes(),
                                Pointers(options.arguments).data(), Pointers(environment).data());
  if (error != 0) return Failed("cannot start the program '" + program + "' (skein_worker_binary)", error);
  child->pid_ = pid;
  child->lifeline_ = std::move(input.write);
  child->output_ = std::move(output.read);
  child->pidfd_ = FileHandle(static_cast<int>(syscall(SYS_pidfd_open, pid, 0)));
  if (child->pidfd_.get() < 0) return Failed("cannot watch the process " + std::to_string(pid), errno);
  return child;
}

ChildProcess::~ChildProcess() {
  if (pid_ < 0) return;
  CloseLifeline();
  Kill();
  WaitExit(std::chrono::milliseconds(1000));
}

std::string ChildProcess::ReadLine(std::chrono::milliseconds timeout) {
  constexpr size_t kMaxLineBytes = 4096;
  const auto deadline = Clock::now() + timeout;
  std::string line;
  while (line.size() < kMaxLineBytes && PollUntil(output_.get(), deadline)) {
    char next = 0;
    const ssize_t got = read(output_.get(), &next, 1);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0 || next == '\n') break;
    line += next;
  }
  return line;
}

std::string ChildProcess::LastErrors() const {
  constexpr off_t kMaxBytes = 2048;
  const off_t size = lseek(errors_.get(), 0, SEEK_END);
  const off_t from = std::max<off_t>(0, size - kMaxBytes);
  std::string text(static_cast<size_t>(std::max<off_t>(0, size - from)), '\0');
  const ssize_t got = pread(errors_.get(), text.data(), text.size(), from);
  text.resize(static_cast<size_t>(std::max<ssize_t>(0, got)));
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.back()))) text.pop_back();
  std::string line;
  for (const char c : text) line += c == '\n' ? std::string("; ") : std::string(1, c);
  return line;
}

std::optional<std::string> ChildProcess::WaitExit(std::chrono::milliseconds timeout) {
  const bool has_ended = pidfd_.get() < 0 || PollUntil(pidfd_.get(), Clock::now() + timeout);
  MutexLock lock(mutex_);
  if (exit_ || !has_ended) return exit_;
  int status = 0;
  const pid_t reaped = waitpid(pid_, &status, pidfd_.get() < 0 ? 0 : WNOHANG);
  if (reaped == pid_) exit_ = DescribeExit(status);
  // The host process may ignore SIGCHLD or wait for any child: then how ours ended is not known.
  if (reaped < 0 && errno == ECHILD) exit_ = "process ended";
  return exit_;
}

void ChildProcess::CloseLifeline() {
  MutexLock lock(mutex_);
  if (lifeline_.get() >= 0) shutdown(lifeline_.get(), SHUT_RDWR);
  lifeline_.Close();
}

void ChildProcess::Kill() {
  MutexLock lock(mutex_);
  if (exit_) return;  // the pid may be another process's by now
  if (pidfd_.get() < 0) {
    kill(pid_, SIGKILL);
  } else {
    syscall(SYS_pidfd_send_signal, pidfd_.get(), SIGKILL, nullptr, 0);
  }
}

}  // namespace skein::core
