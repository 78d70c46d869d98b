#include "plan/stage_tree.h"

#include <set>

namespace skein {
namespace {

std::string DescribeExchange(const Exchange& exchange) {
  std::string out = ToString(exchange.kind);
  if (!exchange.keys.empty()) out += "(" + exchange.keys + ")";
  if (exchange.is_merged) {
    out += " merged by key";
  } else if (exchange.is_ordered) {
    out += " ordered";
  }
  if (exchange.ranges.size() > 1) out += " into " + std::to_string(exchange.ranges.size()) + " ranges";
  return out;
}

// A stage that several exchanges read is printed where it is met first.
void AppendStage(const DistributedPlan& plan, const Stage& stage, const std::string& indent, std::set<StageId>& printed,
                 std::string& out) {
  if (!printed.insert(stage.id).second) {
    out += indent + "Stage " + std::to_string(stage.id) + ": see above\n";
    return;
  }
  out += indent + "Stage " + std::to_string(stage.id) + ": " + std::to_string(stage.task_count) +
         (stage.task_count == 1 ? " task" : " tasks") + ", replay " + ToString(stage.replay_class);
  if (stage.is_barrier) out += ", barrier";
  if (!stage.single_reason.empty()) out += ", single: " + stage.single_reason;
  out += "\n";
  for (const auto& op : stage.operators) {
    out += indent + "  " + std::string(2 * op.depth, ' ') + op.name;
    if (!op.detail.empty()) out += " " + op.detail;
    out += "\n";
  }
  for (auto input : stage.inputs) {
    const auto& exchange = plan.exchange(input);
    out += indent + "  <- exchange " + std::to_string(input) + ": " + DescribeExchange(exchange) + "\n";
    const auto below = indent + "     ";
    if (exchange.is_from_client()) {
      out += below + "client rows\n";
    } else {
      AppendStage(plan, plan.stage(exchange.producer), below, printed, out);
    }
  }
}

}  // namespace

std::string ToStageTree(const DistributedPlan& plan) {
  std::string out;
  std::set<StageId> printed;
  for (const auto& exchange : plan.exchanges) {
    if (exchange.consumer != Exchange::kClient) continue;
    out += "Client <- exchange " + std::to_string(exchange.id) + ": " + DescribeExchange(exchange) + "\n";
    AppendStage(plan, plan.stage(exchange.producer), "", printed, out);
  }
  return out;
}

}  // namespace skein
