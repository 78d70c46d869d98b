#include "plan/stage_tree.h"

namespace skein {
namespace {

std::string DescribeExchange(const Exchange& exchange) {
  std::string out = ToString(exchange.kind);
  if (!exchange.keys.empty()) out += "(" + exchange.keys + ")";
  if (exchange.is_ordered) out += " ordered";
  if (exchange.ranges.size() > 1) out += " into " + std::to_string(exchange.ranges.size()) + " ranges";
  return out;
}

void AppendNotes(const StageNotes& notes, StageId stage, const std::string& indent, std::string& out) {
  const auto found = notes.find(stage);
  if (found == notes.end()) return;
  for (const auto& line : found->second) out += indent + "  | " + line + "\n";
}

void AppendStage(const DistributedPlan& plan, const Stage& stage, const StageNotes& notes, const std::string& indent,
                 std::string& out) {
  out += indent + "Stage " + std::to_string(stage.id) + ": " + std::to_string(stage.task_count) +
         (stage.task_count == 1 ? " task" : " tasks") + ", replay " + ToString(stage.replay_class);
  if (stage.is_barrier) out += ", barrier";
  if (!stage.single_reason.empty()) out += ", single: " + stage.single_reason;
  out += "\n";
  AppendNotes(notes, stage.id, indent, out);
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
      AppendStage(plan, plan.stage(exchange.producer), notes, below, out);
    }
  }
}

}  // namespace

std::string ToStageTree(const DistributedPlan& plan) { return ToStageTree(plan, {}); }

std::string ToStageTree(const DistributedPlan& plan, const StageNotes& notes) {
  std::string out;
  for (const auto& exchange : plan.exchanges) {
    if (exchange.consumer != Exchange::kClient) continue;
    out += "Client <- exchange " + std::to_string(exchange.id) + ": " + DescribeExchange(exchange) + "\n";
    AppendStage(plan, plan.stage(exchange.producer), notes, "", out);
  }
  return out;
}

}  // namespace skein
