// What DuckDB measured of one operator of a fragment that ran profiled; of one task, or summed over the tasks of a
// stage. Value.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace skein::core {

struct OperatorFigures {
  uint32_t depth = 0;
  std::string name;
  /// Given to the operator above; of the exchange sink, put into the exchange.
  uint64_t rows = 0;
  /// Of all threads together.
  uint64_t time_us = 0;
  bool operator==(const OperatorFigures&) const = default;
};

/// Adds a task's operators (in preorder, the root first) to those of its stage, one to one where both trees have the
/// same shape; a tree of another shape is put behind them.
void AddOperators(const std::vector<OperatorFigures>& task, std::vector<OperatorFigures>& stage);

}  // namespace skein::core
