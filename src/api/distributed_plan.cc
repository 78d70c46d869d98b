#include "skein/distributed_plan.h"

#include <utility>

#include "api/plan_state.h"
#include "base/mutex.h"
#include "plan/stage_json.h"
#include "plan/stage_tree.h"

namespace skein {
namespace {

ExchangeMethod MethodOf(core::ExchangeKind kind) {
  switch (kind) {
    case core::ExchangeKind::kGather:
      return ExchangeMethod::kGather;
    case core::ExchangeKind::kHash:
      return ExchangeMethod::kHash;
    case core::ExchangeKind::kBroadcast:
      return ExchangeMethod::kBroadcast;
    case core::ExchangeKind::kRange:
      return ExchangeMethod::kRange;
    case core::ExchangeKind::kRoundRobin:
      return ExchangeMethod::kRoundRobin;
    case core::ExchangeKind::kForward:
      return ExchangeMethod::kForward;
  }
  return ExchangeMethod::kGather;
}

PlanStage DescribeStage(uint32_t part, const core::DistributedPlan& plan, const core::Stage& stage) {
  PlanStage described;
  described.part = part;
  described.id = stage.id;
  described.tasks = stage.task_count;
  for (const auto& op : stage.operators) {
    described.operators += (described.operators.empty() ? "" : " <- ") + op.name;
  }
  for (const auto input : stage.inputs) {
    if (!plan.exchange(input).is_from_client()) described.dependencies.push_back(plan.exchange(input).producer);
  }
  const auto& output = plan.exchange(stage.output);
  described.output = MethodOf(output.kind);
  described.output_keys = output.keys;
  described.feeds_client = output.consumer == core::Exchange::kClient;
  described.single_reason = stage.single_reason;
  return described;
}

std::vector<PlanStage> DescribeStages(const std::vector<core::DistributedPlan>& parts) {
  std::vector<PlanStage> stages;
  for (uint32_t part = 0; part < parts.size(); part++) {
    for (const auto& stage : parts[part].stages) stages.push_back(DescribeStage(part, parts[part], stage));
  }
  return stages;
}

}  // namespace

PlanState::PlanState(std::string sql, std::unique_ptr<core::PreparedQuery> prepared, std::weak_ptr<void> owner)
    : sql_(std::move(sql)),
      owner_(std::move(owner)),
      parts_(prepared->plans()),
      stages_(DescribeStages(parts_)),
      prepared_(std::move(prepared)) {}

std::unique_ptr<core::PreparedQuery> PlanState::Borrow() {
  core::MutexLock lock(mutex_);
  return std::move(prepared_);
}

void PlanState::GiveBack(std::unique_ptr<core::PreparedQuery> prepared) {
  core::MutexLock lock(mutex_);
  prepared_ = std::move(prepared);
}

DistributedPlan::DistributedPlan(std::shared_ptr<PlanState> state) : state_(std::move(state)) {}

const std::string& DistributedPlan::sql() const { return state_->sql(); }
const std::vector<PlanStage>& DistributedPlan::stages() const { return state_->stages(); }
size_t DistributedPlan::part_count() const { return state_->parts().size(); }
bool DistributedPlan::Equals(const DistributedPlan& other) const { return state_->parts() == other.state_->parts(); }

std::string DistributedPlan::ToString() const {
  std::string text;
  for (const auto& part : state_->parts()) text += (text.empty() ? "" : "\n") + core::ToStageTree(part);
  return text;
}

std::string DistributedPlan::ToJson() const {
  std::string text;
  for (const auto& part : state_->parts()) text += (text.empty() ? "" : ",\n") + core::ToStageJson(part);
  return "[" + text + "]";
}

}  // namespace skein
