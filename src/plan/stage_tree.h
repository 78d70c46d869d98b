// Prints a DistributedPlan as the tree that EXPLAIN and people see.
#pragma once

#include <string>

#include "plan/distributed_plan.h"

namespace skein {

/// Renders the stages from the client downwards: each with its tasks, replay class, operators, and below them the
/// exchanges it reads, by kind, keys and number of ranges.
std::string ToStageTree(const DistributedPlan& plan);

}  // namespace skein
