// A statement cut into stages at explicit exchanges: what DistributedExecutor::Plan returns, to be looked at, compared,
// kept and executed any number of times. A value that shares its innards; any thread.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "skein/export.h"
#include "skein/plan_stage.h"

namespace skein {

class PlanState;

class SKEIN_EXPORT DistributedPlan {
 public:
  /// The version of what stages() and ToJson() say.
  static constexpr uint32_t kVersion = 1;

  const std::string& sql() const;
  /// The stages that run on the cluster, producers before their consumers; the last one of each part feeds the client.
  /// None where the whole statement runs in this process.
  const std::vector<PlanStage>& stages() const;
  /// How many parts of the statement run on the cluster: usually 1; what lies between them runs in this process.
  size_t part_count() const;
  /// Writes the stages for people, as EXPLAIN does.
  std::string ToString() const;
  /// Writes them for programs, as EXPLAIN (FORMAT json) does: one document a part, in an array.
  std::string ToJson() const;
  /// Says whether the stages are the same; files and data that they read may have changed.
  bool Equals(const DistributedPlan& other) const;

  /// For the library's own classes.
  explicit DistributedPlan(std::shared_ptr<PlanState> state);
  const std::shared_ptr<PlanState>& state() const { return state_; }

 private:
  std::shared_ptr<PlanState> state_;
};

}  // namespace skein
