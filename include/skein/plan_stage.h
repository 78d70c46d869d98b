// One stage of a plan, as a value to look at: a piece of DuckDB plan, the tasks that run it, and where its rows go.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace skein {

/// How the rows of a stage reach the tasks of the next one.
enum class ExchangeMethod {
  kGather,      // all to one task, or to the client
  kHash,        // by the hash of keys
  kRange,       // by the order of a key
  kBroadcast,   // all to every task
  kRoundRobin,  // in turn
  kForward      // from task i to task i
};

struct PlanStage {
  /// The part of the statement that it belongs to, and its number therein.
  uint32_t part = 0;
  uint32_t id = 0;
  uint32_t tasks = 1;
  /// The operators, the root first, on one line.
  std::string operators;
  /// Numbers of the stages whose rows it reads, in the same part.
  std::vector<uint32_t> dependencies;
  ExchangeMethod output = ExchangeMethod::kGather;
  /// Of kHash and kRange, as text: "#0, #1".
  std::string output_keys;
  bool feeds_client = false;
  /// Why it has a single task although its input is distributed; empty otherwise.
  std::string single_reason;

  bool operator==(const PlanStage&) const = default;
};

}  // namespace skein
