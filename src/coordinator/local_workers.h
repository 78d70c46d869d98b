// One worker process on this machine, started for one cluster. Owned by the cluster's membership; any thread may call,
// but Spawn only the event loop's: it lives as long as the cluster.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include <arrow/result.h>

#include "coordinator/child_process.h"

namespace skein::core {

struct LocalWorkerOptions {
  uint32_t worker = 0;  // for messages
  std::string binary;   // the skein program
  int threads = 1;
  uint64_t memory_bytes = 0;
  std::string temp_dir;  // empty: the system's
  std::string secret;    // handed over in the environment, never as an argument
};

/// What a worker prints when it is ready: "skein worker ready control=HOST:PORT data=HOST:PORT pid=PID".
struct ReadyLine {
  std::string control;
  std::string data;
  uint64_t pid = 0;

  /// Nothing for any other text.
  static std::optional<ReadyLine> Parse(const std::string& line);
};

class LocalWorker {
 public:
  static constexpr std::chrono::milliseconds kEndTimeout{5000};

  /// Starts the process; does not wait for it. Errors (WorldError): no program, no temporary directory.
  static arrow::Result<std::unique_ptr<LocalWorker>> Spawn(const LocalWorkerOptions& options);
  /// Ends the process, within kEndTimeout by itself, otherwise by force, and reaps it.
  ~LocalWorker();

  /// Waits for the ready line. Errors (WorldError, one line) say what the process printed and how it ended.
  arrow::Result<ReadyLine> WaitReady(std::chrono::milliseconds timeout);
  /// Says how the process ended, if it does within `timeout`: "process ended by signal 9".
  std::optional<std::string> WaitExit(std::chrono::milliseconds timeout) { return process_->WaitExit(timeout); }
  /// Asks the process to end without waiting, so that several end at the same time.
  void BeginEnd() { process_->CloseLifeline(); }
  void Kill() { process_->Kill(); }
  pid_t pid() const { return process_->pid(); }

 private:
  LocalWorker(const LocalWorkerOptions& options, std::unique_ptr<ChildProcess> process)
      : worker_(options.worker), binary_(options.binary), process_(std::move(process)) {}

  const uint32_t worker_;
  const std::string binary_;
  const std::unique_ptr<ChildProcess> process_;
};

}  // namespace skein::core
