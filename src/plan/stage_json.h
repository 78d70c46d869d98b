// Writes a DistributedPlan as JSON, for programs that read EXPLAIN (FORMAT json).
#pragma once

#include <string>

#include "plan/distributed_plan.h"

namespace skein::core {

/// {"version", "stages": [...], "exchanges": [...]}, both in the order of their ids; indented by two spaces. A stage
/// has "id", "tasks", "barrier", "replay", "single" (where there is a reason), "output" and "operators": its tree, each
/// node with "name", "detail", "estimated_rows", the "exchange" or split "scan" that it reads, and its "children", each
/// where it has one. An exchange has "id", "kind", "ordered", "keys", "ranges" (their number), "from" and "to": a
/// stage's id, or "client".
std::string ToStageJson(const DistributedPlan& plan);

}  // namespace skein::core
