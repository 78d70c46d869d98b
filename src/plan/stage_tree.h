// Prints a DistributedPlan as the tree that EXPLAIN and people see.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "plan/distributed_plan.h"

namespace skein {

/// Renders the stages from the client downwards: each with its tasks, replay class, operators, and below them the
/// exchanges it reads, by kind, keys and number of ranges. Lines of `notes` stand under the header of their stage.
std::string ToStageTree(const DistributedPlan& plan, const std::map<StageId, std::vector<std::string>>& notes = {});

}  // namespace skein
