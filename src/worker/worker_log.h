// The log of a worker process, on standard error. Silent until main() sets it up; any thread may
// write.
#pragma once

#include <string>

#include <arrow/status.h>

namespace skein::core {

/// Sends the log to standard error, from `level` upwards: trace, debug, info, warn, error or off.
arrow::Status SetUpWorkerLog(const std::string& level);

void LogInfo(const std::string& line);
void LogWarning(const std::string& line);

}  // namespace skein::core
