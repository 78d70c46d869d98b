// Prints a DistributedPlan as the tree that EXPLAIN and people see.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "plan/distributed_plan.h"

namespace skein::core {

/// Lines that are put below the header of a stage, before its operators.
using StageNotes = std::map<StageId, std::vector<std::string>>;

/// Renders the stages from the client upwards to the scans, one block each: a header with tasks, barrier, replay class
/// and why it is single; the lines of `notes` for it; then its operators, each above what it reads. Only what has
/// several inputs branches. An input is named by its exchange's kind, keys, ranges and the stage that fills it;
/// estimated rows stand at the right where they are known.
std::string ToStageTree(const DistributedPlan& plan, const StageNotes& notes = {});

}  // namespace skein::core
