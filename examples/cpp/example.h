// What the examples share: a main() that runs `Run` and prints its error, and workers inside of the example's process.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include <arrow/api.h>

#include "skein/coordinator.h"
#include "skein/distributed_executor.h"
#include "skein/worker.h"

constexpr char kSecret[] = "only-for-this-example";

/// A worker of this process, at a free port of this machine.
inline arrow::Result<std::unique_ptr<skein::Worker>> StartWorker() {
  return skein::Worker::Start({.memory_bytes = 256 << 20, .secret = kSecret});
}

/// Defined by each example.
arrow::Status Run();

int main() {
  const auto status = Run();
  if (!status.ok()) std::fprintf(stderr, "%s\n", status.ToString().c_str());
  return status.ok() ? EXIT_SUCCESS : EXIT_FAILURE;
}
