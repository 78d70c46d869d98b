// Prints a DistributedPlan as the tree that EXPLAIN and people see.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "plan/distributed_plan.h"

namespace skein {

/// Renders the stages from the client downwards: each with its tasks, replay class, operators, and below them the
/// exchanges it reads, by kind, keys and number of ranges.
std::string ToStageTree(const DistributedPlan& plan);

/// Lines that are put below the line of a stage, before its operators.
using StageNotes = std::map<StageId, std::vector<std::string>>;
/// Renders the same tree with notes.
std::string ToStageTree(const DistributedPlan& plan, const StageNotes& notes);

}  // namespace skein
