// What the planner may be told. Values.
#pragma once

#include <cstdint>

#include "skein/task_estimator.h"

namespace skein::core {

enum class JoinChoice { kByCost, kBroadcast, kRepartition };
enum class AggregateChoice { kByCost, kPartial, kRawRows };
enum class SortChoice { kByCost, kMerge, kRange };

struct PlannerOptions {
  /// Tasks of a stage that is distributed: one a worker.
  uint32_t task_count = 1;
  /// Forcing one way is for tests; where it is not allowed the other way is taken.
  JoinChoice join_choice = JoinChoice::kByCost;
  AggregateChoice aggregate_choice = AggregateChoice::kByCost;
  SortChoice sort_choice = SortChoice::kByCost;
  /// From so many tasks and estimated rows on, the sort of a whole result is cut by ranges, which stores every row once
  /// more: with two tasks it took longer than a merge. The numbers are a choice, not measured.
  uint32_t range_sort_min_tasks = 4;
  uint64_t range_sort_min_rows = 10'000'000;
  /// Says in how many tasks a scan runs; null: in task_count. Borrowed while a query is planned.
  skein::TaskEstimator* estimator = nullptr;
};

}  // namespace skein::core
