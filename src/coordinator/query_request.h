// What the coordinator is asked to run: a message of plain values, so that it may one day be sent to a server. Values.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/ids.h"
#include "plan/distributed_plan.h"
#include "plan/split.h"

namespace skein {

struct QueryRequest {
  DistributedPlan plan;
  /// Opaque fragment of each stage.
  std::map<StageId, std::string> fragments;
  /// All splits of each scan that the split ledger feeds; ids are positions.
  std::map<std::pair<StageId, ScanId>, std::vector<Split>> splits;
  /// For people.
  std::string sql;
};

}  // namespace skein
