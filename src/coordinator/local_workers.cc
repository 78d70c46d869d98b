#include "coordinator/local_workers.h"

#include <charconv>
#include <filesystem>
#include <sstream>

#include "base/error.h"

namespace skein::core {
namespace {

/// How long a process that has closed its output may take to end, to be told from one that goes on without it.
constexpr std::chrono::milliseconds kExitTime{500};

arrow::Result<std::string> TempDirOf(const LocalWorkerOptions& options) {
  if (!options.temp_dir.empty()) return options.temp_dir;
  std::error_code error;
  const auto path = std::filesystem::temp_directory_path(error);
  if (error) return WorldError("there is no directory for temporary files: " + error.message());
  return path.string();
}

}  // namespace

std::optional<ReadyLine> ReadyLine::Parse(const std::string& line) {
  std::istringstream words(line);
  std::string skein, worker, ready, control, data, pid, more;
  words >> skein >> worker >> ready >> control >> data >> pid;
  if (skein != "skein" || worker != "worker" || ready != "ready" || words >> more) return std::nullopt;
  if (!control.starts_with("control=") || !data.starts_with("data=") || !pid.starts_with("pid=")) return std::nullopt;
  ReadyLine parsed{control.substr(8), data.substr(5), 0};
  const auto [end, error] = std::from_chars(pid.data() + 4, pid.data() + pid.size(), parsed.pid);
  const bool is_number = error == std::errc() && end == pid.data() + pid.size();
  if (!is_number || parsed.control.empty() || parsed.data.empty()) return std::nullopt;
  return parsed;
}

arrow::Result<std::unique_ptr<LocalWorker>> LocalWorker::Spawn(const LocalWorkerOptions& options) {
  const std::string name = "local worker " + std::to_string(options.worker) + ": ";
  if (options.binary.empty())
    return WorldError(name + "the skein program is not known: name it in skein_worker_binary");
  ARROW_ASSIGN_OR_RAISE(const auto temp_dir, TempDirOf(options));
  ChildProcessOptions process;
  process.arguments = {options.binary, "worker",
                       "--listen",     "127.0.0.1:0",
                       "--threads",    std::to_string(options.threads),
                       "--memory",     std::to_string(options.memory_bytes),
                       "--temp-dir",   temp_dir,
                       "--parent-pipe"};
  process.environment = {"SKEIN_SECRET=" + options.secret};
  process.temp_dir = temp_dir;
  auto spawned = ChildProcess::Spawn(process);
  if (!spawned.ok()) return WorldError(name + spawned.status().message());
  return std::unique_ptr<LocalWorker>(new LocalWorker(options, std::move(*spawned)));
}

LocalWorker::~LocalWorker() {
  process_->CloseLifeline();
  process_->WaitExit(kEndTimeout);  // what is left is killed with process_
}

arrow::Result<ReadyLine> LocalWorker::WaitReady(std::chrono::milliseconds timeout) {
  const auto start = std::chrono::steady_clock::now();
  const std::string line = process_->ReadLine(timeout);
  if (const auto ready = ReadyLine::Parse(line)) return *ready;
  const bool is_late = std::chrono::steady_clock::now() - start >= timeout;
  const auto exit = process_->WaitExit(is_late ? std::chrono::milliseconds(0) : kExitTime);
  std::string message = "local worker " + std::to_string(worker_) + " did not start";
  if (is_late) message += " in time: after_ms=" + std::to_string(timeout.count());
  if (exit) message += ": " + *exit;
  if (!line.empty()) message += ": it printed '" + line + "'";
  if (const auto errors = process_->LastErrors(); !errors.empty()) message += ": " + errors;
  if (line.empty() && exit && process_->LastErrors().empty()) {
    message += ": is '" + binary_ + "' (skein_worker_binary) the skein program?";
  }
  process_->Kill();
  return WorldError(message);
}

}  // namespace skein::core
