// Who the workers are: an extension point. A coordinator that is given one asks it before each query, and takes in and
// leaves out workers accordingly. examples/cpp/worker_resolver.cc reads them from a file.
#pragma once

#include <string>
#include <vector>

#include <arrow/result.h>

namespace skein {

class WorkerResolver {
 public:
  virtual ~WorkerResolver() = default;
  /// Returns the control addresses ("host:port") of all workers that there should be now, each once, in any order. An
  /// error leaves the workers as they were while one of them lives. Called by one thread at a time, by whichever runs a
  /// query, which waits for it. It does not call the coordinator or its executors.
  virtual arrow::Result<std::vector<std::string>> Resolve() = 0;
};

}  // namespace skein
