// What the planner may be told. Values.
#pragma once

#include <cstdint>

#include "skein/task_estimator.h"

namespace skein::core {

enum class JoinChoice { kByCost, kBroadcast, kRepartition };
enum class AggregateChoice { kByCost, kPartial, kRawRows };

struct PlannerOptions {
  /// Tasks of a stage that is distributed: one a worker.
  uint32_t task_count = 1;
  /// Forcing one way is for tests; where it is not allowed the other way is taken.
  JoinChoice join_choice = JoinChoice::kByCost;
  AggregateChoice aggregate_choice = AggregateChoice::kByCost;
  /// Says in how many tasks a scan runs; null: in task_count. Borrowed while a query is planned.
  skein::TaskEstimator* estimator = nullptr;
};

}  // namespace skein::core
