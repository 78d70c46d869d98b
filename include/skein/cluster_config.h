// How a coordinator treats its workers. A value, checked by Coordinator::Make.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "skein/channel_resolver.h"
#include "skein/task_estimator.h"
#include "skein/worker_resolver.h"

namespace skein {

struct ClusterConfig {
  /// How often each worker is asked for a heartbeat: 10 to 60,000 ms.
  uint32_t heartbeat_interval_ms = 500;
  /// A worker that has not answered for so long is lost: at least twice the interval, at most 600,000 ms.
  uint32_t heartbeat_timeout_ms = 2500;
  /// How often a query that only reads is tried where workers are lost under it, the first time included: 1 to 100.
  uint32_t max_task_attempts = 3;
  /// How many tasks a distributed stage has, and so into how many partitions rows are cut: up to 1,024; 0: one a
  /// worker. All tasks of a query begin together: an executor, a plan and a query with more of them than the workers
  /// have task slots are errors that say so.
  uint32_t default_partitions = 0;
  /// How long a worker may take to answer while a stream to it is opened: 1 to 600,000 ms.
  uint32_t connect_timeout_ms = 4000;
  /// What workers and coordinator know each other by, printable characters without spaces; empty: SKEIN_SECRET of the
  /// environment.
  std::string secret;

  /// Extension points; each may be null.
  std::shared_ptr<WorkerResolver> worker_resolver;
  std::shared_ptr<ChannelResolver> channel_resolver;
  std::shared_ptr<TaskEstimator> task_estimator;
};

}  // namespace skein
