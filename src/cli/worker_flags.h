// What stands behind `skein worker` on the command line, as a value. Any thread.
#pragma once

#include <cstdint>
#include <string>

#include <arrow/result.h>

#include "worker/worker_node.h"

namespace skein::core {

struct WorkerFlags {
  WorkerOptions worker;  // but for the secret, which is on no command line
  std::string secret_file;
  std::string log_level = "warn";
  /// Standard input is a pipe from the parent: when that is gone, so is the worker.
  bool has_parent_pipe = false;
  /// Not empty: print this and do nothing else.
  std::string help;
};

/// Reads flags; argv[0] is skipped. Errors (UserError) are one line that names the flag.
arrow::Result<WorkerFlags> ParseWorkerFlags(int argc, const char* const* argv);

/// Reads "512MB", "4GB" (powers of 1000), "4GiB" (powers of 1024) or a number of bytes.
arrow::Result<uint64_t> ParseByteSize(const std::string& text);

}  // namespace skein::core
