// What the coordinator is asked to run: plain values, and besides them the doors to rows of the client's own process,
// which the coordinator opens where it sends them. Values, but for the doors, which are shared.
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <arrow/result.h>

#include "base/ids.h"
#include "exchange/retained_store.h"
#include "plan/distributed_plan.h"
#include "plan/split.h"

namespace skein::core {

/// Rows of the client's process that an exchange starts from, collected and closed. Any thread.
class ClientInput {
 public:
  virtual ~ClientInput() = default;
  /// Reads the one closed unit, all ranges.
  virtual arrow::Result<std::unique_ptr<UnitReader>> Open() = 0;
};

struct QueryRequest {
  DistributedPlan plan;
  /// Opaque fragment of each stage.
  std::map<StageId, std::string> fragments;
  /// All splits of each scan that the split ledger feeds; ids are positions.
  std::map<std::pair<StageId, ScanId>, std::vector<Split>> splits;
  /// One for each exchange whose producer is the client.
  std::map<ExchangeId, std::shared_ptr<ClientInput>> client_inputs;
  /// For people.
  std::string sql;
  /// A task that has not ended so long after all tasks were started fails the query; 0: no limit.
  std::chrono::milliseconds task_timeout{0};
  /// DuckDB measures the operators of every task.
  bool is_profiled = false;
};

}  // namespace skein::core
