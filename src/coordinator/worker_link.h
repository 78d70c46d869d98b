// How the coordinator's state machines reach a worker: over a control channel, or into a test. Any thread may call
// Send.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include <arrow/status.h>

#include "base/ids.h"
#include "worker/control.pb.h"

namespace skein::core {

class WorkerLink {
 public:
  virtual ~WorkerLink() = default;
  /// Sends a message without waiting for the network. Unavailable: the link is broken.
  virtual arrow::Status Send(wire::ToWorker message) = 0;
};

/// A link together with what it leads to: a channel and, for a local worker, the process.
class WorkerConnection : public WorkerLink {
 public:
  /// Says how the worker's process has ended, where that is known; does not wait.
  virtual std::optional<std::string> CheckExit() = 0;
  /// Closes the channel and ends the process, by itself if it can. Waits (5 s at most); not on the loop's thread.
  virtual void End() = 0;
  /// Kills the process, if it is ours, and closes the channel. Waits shortly; not on the loop's thread.
  virtual void Abort() = 0;
};

/// One ready worker as a query sees it, for the life of the query. Value.
struct QueryWorker {
  uint32_t worker = 0;
  Incarnation incarnation = 0;
  std::string address;       // of its control plane
  std::string data_address;  // of its data plane
  uint32_t threads = 1;
  uint64_t memory_bytes = 0;  // of its process; 0 where unknown
  std::shared_ptr<WorkerLink> link;
  uint32_t task_slots = 0;  // tasks that it admits at a time; 0 where unknown
};

}  // namespace skein::core
