// What people see of one stage of a query, and of the cluster as a whole. Values.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/ids.h"
#include "plan/distributed_plan.h"
#include "plan/operator_figures.h"

namespace skein::core {

/// What the plan says of a stage, and the figures of its tasks together.
struct StageInfo {
  QueryId query;
  StageId stage = 0;
  /// Of its tasks: "failed" or "cancelled" if one is, "waiting" or "finished" if all are, otherwise "running".
  std::string state;
  uint32_t tasks = 0;
  /// The operators of the plan on one line, the root first.
  std::string operators;
  ExchangeKind exchange = ExchangeKind::kGather;  // of its output
  std::string keys;
  ReplayClass replay_class = ReplayClass::kHold;
  bool is_barrier = false;
  std::string single_reason;

  uint64_t rows_in = 0, rows_out = 0, bytes_in = 0, bytes_out = 0;
  uint64_t spill_bytes = 0;  // by the retained store
  /// The rows of the task that read the most, divided by the mean of all tasks; nothing where no task read a row.
  std::optional<double> skew;
  uint64_t wall_us = 0;  // of the longest task
  uint64_t cpu_us = 0;   // of all tasks

  /// Of a profiled query: what DuckDB measured, over all tasks; and the most in temporary files of one worker.
  std::vector<OperatorFigures> profile;
  uint64_t temp_bytes = 0;
};

/// The cluster now. What workers do is as old as their last heartbeat, and includes what they do for others.
struct ClusterStatus {
  uint32_t active_workers = 0;
  uint32_t total_workers = 0;
  uint32_t threads = 0;     // of the active workers, as are the next two
  uint32_t task_slots = 0;  // how many tasks they admit
  uint32_t running_tasks = 0;
  /// Processor time that the active workers took between their last two heartbeats, of what their threads could; 0..1.
  double utilisation = 0;
  uint32_t running_queries = 0;
};

}  // namespace skein::core
