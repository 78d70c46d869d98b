#include "cli/worker_command.h"

#include <cctype>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <thread>
#include <utility>

#include <poll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/error.h"
#include "base/secret_rule.h"
#include "cli/text_file.h"
#include "cli/worker_flags.h"
#include "worker/worker_log.h"

namespace skein::core {
namespace {

constexpr int kExitFailed = 1;
constexpr int kExitWrongFlags = 2;
constexpr int kPollMs = 500;
constexpr std::chrono::seconds kShutdownLimit{5};

int Complain(const arrow::Status& status, int exit_code) {
  std::fprintf(stderr, "skein worker: %s\n", status.message().c_str());
  return exit_code;
}

/// Takes SKEIN_SECRET out of the environment, also out of what /proc shows of it.
std::string TakeSecretFromEnvironment() {
  char* value = std::getenv("SKEIN_SECRET");
  if (!value) return "";
  std::string secret = value;
  std::memset(value, 0, secret.size());
  unsetenv("SKEIN_SECRET");
  return secret;
}

arrow::Result<std::string> ReadSecret(const std::string& file) {
  std::string secret = TakeSecretFromEnvironment();
  if (!file.empty()) {
    auto read = ReadTextFile(file, kMaxSecretBytes + 2);  // a longest one and its end of line
    if (!read.ok()) return UserError("--secret-file: " + read.status().message());
    secret = std::move(*read);
  }
  while (!secret.empty() && std::isspace(static_cast<unsigned char>(secret.back()))) secret.pop_back();
  if (secret.empty()) {
    return UserError(
        "no secret: give --secret-file FILE or set SKEIN_SECRET; to make one: head -c 32 /dev/urandom | base64 > FILE");
  }
  ARROW_RETURN_NOT_OK(CheckSecret(secret));
  return secret;
}

/// Blocks the signals that end a worker, in this thread and all that it starts; they are read from the descriptor.
int OpenSignals() {
  std::signal(SIGPIPE, SIG_IGN);
  // A file over the process's limit is an error of the write, not the end of the worker.
  std::signal(SIGXFSZ, SIG_IGN);
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  return signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
}

/// Reads what the parent wrote, which means nothing; false once its end of the pipe is closed.
bool DrainPipe() {
  char bytes[256];
  const ssize_t got = read(STDIN_FILENO, bytes, sizeof(bytes));
  return got > 0 || (got < 0 && (errno == EINTR || errno == EAGAIN));
}

/// Waits until the worker is told to end, and says why; an error when it is of no more use.
arrow::Result<std::string> WaitForEnd(const WorkerNode& node, int signals, bool has_parent_pipe, pid_t parent) {
  pollfd watched[] = {{signals, POLLIN, 0}, {STDIN_FILENO, POLLIN, 0}};
  while (true) {
    poll(watched, has_parent_pipe ? 2 : 1, kPollMs);
    signalfd_siginfo signal;
    if (read(signals, &signal, sizeof(signal)) == sizeof(signal))
      return std::string(strsignal(static_cast<int>(signal.ssi_signo)));
    ARROW_RETURN_NOT_OK(node.health());
    if (!has_parent_pipe) continue;
    if (watched[1].revents != 0 && !DrainPipe()) return "the parent closed its pipe";
    if (getppid() != parent) return "the parent is gone";
  }
}

/// Ends the process when a clean shutdown takes too long: whoever waits for it must not wait for ever.
void LimitShutdown() {
  std::thread([] {
    std::this_thread::sleep_for(kShutdownLimit);
    std::_Exit(kExitFailed);
  }).detach();
}

}  // namespace

int RunWorkerCommand(int argc, char** argv) {
  const pid_t parent = getppid();
  auto flags = ParseWorkerFlags(argc, argv);
  if (!flags.ok()) return Complain(flags.status(), kExitWrongFlags);
  if (!flags->help.empty()) {
    std::fputs(flags->help.c_str(), stdout);
    return 0;
  }
  if (auto log = SetUpWorkerLog(flags->log_level); !log.ok()) return Complain(log, kExitWrongFlags);
  auto secret = ReadSecret(flags->secret_file);
  if (!secret.ok()) return Complain(secret.status(), kExitWrongFlags);
  // Failed calls come back as errors, which are reported once, here.
  setenv("GRPC_VERBOSITY", "NONE", 0);

  const int signals = OpenSignals();
  const std::string host = flags->worker.host;
  flags->worker.secret = std::move(*secret);
  auto node = WorkerNode::Start(std::move(flags->worker));
  if (!node.ok()) return Complain(node.status(), kExitFailed);
  std::printf("skein worker ready control=%s:%d data=%s:%d pid=%d\n", host.c_str(), (*node)->control_port(),
              host.c_str(), (*node)->data_port(), static_cast<int>(getpid()));
  std::fflush(stdout);

  const auto end = WaitForEnd(**node, signals, flags->has_parent_pipe, parent);
  if (end.ok()) LogInfo("ending: " + *end);
  LimitShutdown();
  node->reset();
  close(signals);
  return end.ok() ? 0 : Complain(end.status(), kExitFailed);
}

}  // namespace skein::core
