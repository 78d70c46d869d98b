// A stage that somebody cut by hand: SQL that runs in each of its tasks over the task's own rows. A value.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "plan/distributed_plan.h"

namespace skein::core {

struct StageSpec {
  uint32_t id = 0;
  /// One SELECT. It reads the rows of stage N, which is one of `dependencies`, as the table stage_N.
  std::string sql;
  uint32_t tasks = 1;
  std::vector<uint32_t> dependencies;
  /// How its rows reach the tasks of the stage that depends on it: kGather, kHash, kRange, kBroadcast or kRoundRobin.
  ExchangeKind output = ExchangeKind::kGather;
  /// Names of its columns: any number for kHash, one for kRange.
  std::vector<std::string> keys;
  /// Of kRange, ascending, as SQL literals: partition i has the rows from boundary i - 1 on and below boundary i; NULLs
  /// are in the last one.
  std::vector<std::string> boundaries;
};

/// Checks what can be seen without SQL: ids, dependencies, numbers of tasks. Exactly one stage feeds no other; each
/// other feeds one. Returns the stages with dependencies before those that depend on them. Errors (UserError) name the
/// stage.
arrow::Result<std::vector<StageSpec>> OrderStages(std::vector<StageSpec> stages);

}  // namespace skein::core
