// What is known of a cluster and its workers. Values: they do not change once taken.
#pragma once

#include <cstdint>
#include <string>

namespace skein {

/// Numbers the workers of one coordinator from 0 on; a number is never given again.
using WorkerId = uint32_t;

enum class WorkerState {
  kStarting,  // not connected yet
  kReady,
  kLost  // its stream broke or it fell silent; the next query tries it again
};

struct WorkerStatus {
  WorkerId id = 0;
  /// Control address, "host:port", as it was registered.
  std::string address;
  WorkerState state = WorkerState::kStarting;
  uint32_t threads = 0;
  uint64_t memory_bytes = 0;
  uint32_t task_slots = 0;
  /// By its last heartbeat, as is the next.
  uint32_t running_tasks = 0;
  /// Query output that it keeps, in memory and on disk.
  uint64_t retained_bytes = 0;
  /// Milliseconds since its last heartbeat; -1 before the first.
  int64_t heartbeat_age_ms = -1;
};

/// What workers do is as old as their last heartbeat, and includes what they do for other coordinators.
struct ClusterStatus {
  uint32_t active_workers = 0;
  uint32_t total_workers = 0;
  /// Tasks that the active workers admit, and those that they run.
  uint32_t total_capacity = 0;
  uint32_t running_tasks = 0;
  uint32_t running_queries = 0;
  /// Threads of the active workers.
  uint32_t threads = 0;
  /// Processor time that they took between their last two heartbeats, as a share of what their threads could: 0 to 1.
  double processor_share = 0;

  /// Returns the share of the capacity that is in use, 0 to 1; 0 without workers.
  double Utilization() const {
    return total_capacity == 0 ? 0 : static_cast<double>(running_tasks) / static_cast<double>(total_capacity);
  }
};

}  // namespace skein
