#include "cli/worker_flags.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <fstream>
#include <map>
#include <thread>

#include <unistd.h>

#include <CLI/CLI.hpp>

#include "base/error.h"

namespace skein::core {
namespace {

constexpr uint64_t kSmallestMemory = uint64_t{64} << 20;

uint64_t MachineMemoryBytes() {
  return static_cast<uint64_t>(sysconf(_SC_PHYS_PAGES)) * static_cast<uint64_t>(sysconf(_SC_PAGE_SIZE));
}

/// 0.8 of what the machine has, or of what its container may use.
uint64_t DefaultMemoryBytes() {
  uint64_t bytes = MachineMemoryBytes();
  uint64_t limit = 0;
  if (std::ifstream("/sys/fs/cgroup/memory.max") >> limit) bytes = std::min(bytes, limit);
  return bytes / 10 * 8;
}

arrow::Result<int> ParsePort(const std::string& text) {
  int port = -1;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc() || end != text.data() + text.size() || port < 0 || port > 65535) {
    return UserError("not a port: '" + text + "'");
  }
  return port;
}

arrow::Status ParseListen(const std::string& text, WorkerOptions& options) {
  const size_t colon = text.rfind(':');
  if (colon == std::string::npos || colon == 0) {
    return UserError("--listen: expected HOST:PORT, got '" + text + "'");
  }
  options.host = text.substr(0, colon);
  auto port = ParsePort(text.substr(colon + 1));
  if (!port.ok()) return UserError("--listen: " + port.status().message());
  options.control_port = *port;
  return arrow::Status::OK();
}

arrow::Status ParseSizeFlag(const std::string& flag, const std::string& text, uint64_t& bytes) {
  if (text.empty()) return arrow::Status::OK();
  auto size = ParseByteSize(text);
  if (!size.ok()) return UserError(flag + ": " + size.status().message());
  bytes = *size;
  return arrow::Status::OK();
}

}  // namespace

arrow::Result<uint64_t> ParseByteSize(const std::string& text) {
  static const std::map<std::string, uint64_t> kUnits = {{"", 1},
                                                         {"B", 1},
                                                         {"KB", 1000},
                                                         {"MB", 1000000},
                                                         {"GB", 1000000000},
                                                         {"TB", 1000000000000},
                                                         {"KIB", 1ull << 10},
                                                         {"MIB", 1ull << 20},
                                                         {"GIB", 1ull << 30},
                                                         {"TIB", 1ull << 40}};
  const auto wrong = [&] { return UserError("not a size: '" + text + "' (512MB, 4GB, 4GiB)"); };
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, std::chars_format::fixed);
  if (error != std::errc()) return wrong();
  std::string unit;
  for (const char* at = end; at != text.data() + text.size(); at++) {
    if (*at != ' ') unit += static_cast<char>(std::toupper(static_cast<unsigned char>(*at)));
  }
  const auto found = kUnits.find(unit);
  if (found == kUnits.end()) return wrong();
  const double bytes = number * static_cast<double>(found->second);
  if (!(bytes >= 1 && bytes < 1e18)) return wrong();
  return static_cast<uint64_t>(bytes);
}

arrow::Result<WorkerFlags> ParseWorkerFlags(int argc, const char* const* argv) {
  WorkerFlags flags;
  flags.worker.threads = static_cast<int>(std::max(1u, std::thread::hardware_concurrency()));
  flags.worker.memory_bytes = DefaultMemoryBytes();
  std::string listen, memory, disk, retained_memory, input_queue;
  CLI::App app("Runs fragments of distributed queries until it is told to end.", "skein worker");
  app.add_option("--listen", listen, "HOST:PORT of the control plane; port 0 takes any free one")->required();
  app.add_option("--data-port", flags.worker.data_port, "port of the data plane (default: any free one)")
      ->check(CLI::Range(0, 65535));
  app.add_option("--threads", flags.worker.threads, "threads of the engine (default: one a core)")
      ->check(CLI::Range(1, 4096));
  app.add_option("--memory", memory, "memory of the process, as 4GB (default: 0.8 of the machine's)");
  app.add_option("--disk", disk, "disk for retained output (default: 64GiB)");
  app.add_option("--retained-memory", retained_memory,
                 "memory of retained output before it spills (default: a quarter of --memory)");
  app.add_option("--input-queue", input_queue, "memory of one task's queue for one input exchange (default: 16MiB)");
  app.add_option("--temp-dir", flags.worker.temp_dir, "where the private directory is made (default: the system's)");
  app.add_option("--secret-file", flags.secret_file, "file with the cluster's secret (default: SKEIN_SECRET)");
  app.add_option("--log-level", flags.log_level, "trace, debug, info, warn, error or off (default: warn)");
  app.add_flag("--parent-pipe", flags.has_parent_pipe, "end when standard input does, or the parent is gone");
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    flags.help = app.help();
    return flags;
  } catch (const CLI::ParseError& error) {
    return UserError(error.what());
  }
  ARROW_RETURN_NOT_OK(ParseListen(listen, flags.worker));
  ARROW_RETURN_NOT_OK(ParseSizeFlag("--memory", memory, flags.worker.memory_bytes));
  ARROW_RETURN_NOT_OK(ParseSizeFlag("--disk", disk, flags.worker.disk_bytes));
  ARROW_RETURN_NOT_OK(ParseSizeFlag("--retained-memory", retained_memory, flags.worker.retained_memory_bytes));
  ARROW_RETURN_NOT_OK(ParseSizeFlag("--input-queue", input_queue, flags.worker.input_queue_bytes));
  if (flags.worker.memory_bytes > MachineMemoryBytes()) {
    return UserError("--memory: " + memory +
                     " is more than this machine has: bytes=" + std::to_string(MachineMemoryBytes()));
  }
  if (flags.worker.memory_bytes < kSmallestMemory) return UserError("--memory: a worker needs at least 64MiB");
  return flags;
}

}  // namespace skein::core
