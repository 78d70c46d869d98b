// The figures of a stage as lines for people: what EXPLAIN ANALYZE shows below a stage. Functions over values; any
// thread.
#pragma once

#include <string>
#include <vector>

#include "coordinator/stage_info.h"

namespace skein::core {

/// Writes state, time, skew, what went in and out, what was spilled, then DuckDB's operators as a tree.
std::vector<std::string> FigureLines(const StageInfo& stage);

}  // namespace skein::core
