// Opens the connection to one worker: waits for the local process, if there is one, then shakes hands. Any thread.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include <arrow/result.h>

#include "coordinator/local_workers.h"
#include "coordinator/membership.h"

namespace skein::core {

struct ConnectOptions {
  uint32_t worker = 0;
  uint64_t connection_id = 0;
  std::string address;  // empty: the one that `process` prints
  /// Maps the address to the one that this process reaches it under; empty: as it is.
  std::function<arrow::Result<std::string>(const std::string&)> reached_at;
  std::shared_ptr<LocalWorker> process;
  std::string secret;
  std::chrono::milliseconds start_timeout{20000};
  std::chrono::milliseconds connect_timeout{5000};
  std::chrono::milliseconds heartbeat_interval{500};
  /// Both are called on threads of the connection, which ends only after they have returned.
  std::function<void(wire::FromWorker)> on_message;
  std::function<void(const std::string& reason)> on_lost;
};

/// Waits as long as the time-outs say. Errors name the worker; the process is ended with the last reference to it.
arrow::Result<JoinedWorker> ConnectWorker(ConnectOptions options);

}  // namespace skein::core
