// What a DistributedPlan is made of: the statement, its stages as values, and the prepared statement that runs it,
// which one execution at a time may borrow. Shared by the copies of the plan; any thread.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/mutex.h"
#include "extension/query_database.h"
#include "skein/plan_stage.h"

namespace skein {

class PlanState {
 public:
  /// `owner` names the executor that the plan was made by.
  PlanState(std::string sql, std::unique_ptr<core::PreparedQuery> prepared, std::weak_ptr<void> owner);

  const std::string& sql() const { return sql_; }
  const std::vector<core::DistributedPlan>& parts() const { return parts_; }
  const std::vector<PlanStage>& stages() const { return stages_; }
  const std::weak_ptr<void>& owner() const { return owner_; }

  /// Lends the prepared statement; null while somebody else has it.
  std::unique_ptr<core::PreparedQuery> Borrow();
  void GiveBack(std::unique_ptr<core::PreparedQuery> prepared);

 private:
  const std::string sql_;
  const std::weak_ptr<void> owner_;
  const std::vector<core::DistributedPlan> parts_;
  const std::vector<PlanStage> stages_;
  core::Mutex mutex_;
  std::unique_ptr<core::PreparedQuery> prepared_ GUARDED_BY(mutex_);
};

}  // namespace skein
