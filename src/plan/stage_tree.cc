#include "plan/stage_tree.h"

#include <algorithm>

namespace skein::core {
namespace {

struct Line {
  std::string text;
  std::optional<uint64_t> rows;
};

std::string DescribeExchange(const Exchange& exchange) {
  std::string out = exchange.is_merged ? "merging " : exchange.is_ordered ? "ordered " : "";
  out += ToString(exchange.kind);
  if (!exchange.keys.empty()) out += "(" + exchange.keys + ")";
  if (exchange.ranges.size() > 1) out += " in " + std::to_string(exchange.ranges.size()) + " ranges";
  if (!exchange.is_from_client()) return out + " from stage " + std::to_string(exchange.producer);
  return out + " from the client" + (exchange.client_reason.empty() ? "" : " (" + exchange.client_reason + ")");
}

std::string DescribeOperator(const DistributedPlan& plan, const OperatorSummary& op) {
  if (op.exchange) return "◂ " + DescribeExchange(plan.exchange(*op.exchange));
  return op.name + (op.detail.empty() ? "" : " " + op.detail);
}

std::string DescribeStage(const Stage& stage) {
  std::string out = "Stage " + std::to_string(stage.id) + ": " + std::to_string(stage.task_count);
  out += stage.task_count == 1 ? " task" : " tasks";
  if (!stage.single_reason.empty()) out += " (" + stage.single_reason + ")";
  if (stage.is_barrier) out += " · barrier";
  return out + " · replay " + ToString(stage.replay_class);
}

std::vector<size_t> ChildrenOf(const std::vector<OperatorSummary>& operators, size_t parent) {
  std::vector<size_t> children;
  for (size_t i = parent + 1; i < operators.size() && operators[i].depth > operators[parent].depth; i++) {
    if (operators[i].depth == operators[parent].depth + 1) children.push_back(i);
  }
  return children;
}

// Draws an operator and what is below it: a single child straight below, several as branches.
//
//   HASH_JOIN
//   ├─ FILTER
//   │  SCAN
//   └─ ◂ broadcast from stage 1
void DrawOperator(const DistributedPlan& plan, const std::vector<OperatorSummary>& operators, size_t at,
                  const std::string& first, const std::string& rest, std::vector<Line>& lines) {
  lines.push_back({first + DescribeOperator(plan, operators[at]), operators[at].estimated_rows});
  const auto children = ChildrenOf(operators, at);
  for (const auto child : children) {
    const bool is_branch = children.size() > 1, is_last = child == children.back();
    const auto* corner = !is_branch ? "" : is_last ? "└─ " : "├─ ";
    const auto* below = !is_branch ? "" : is_last ? "   " : "│  ";
    DrawOperator(plan, operators, child, rest + corner, rest + below, lines);
  }
}

// Columns on a screen: bytes but those that continue a character of UTF-8.
size_t WidthOf(const std::string& text) {
  return static_cast<size_t>(std::count_if(text.begin(), text.end(), [](char byte) { return (byte & 0xC0) != 0x80; }));
}

std::string WithCommas(uint64_t number) {
  auto digits = std::to_string(number);
  for (auto at = static_cast<int64_t>(digits.size()) - 3; at > 0; at -= 3) digits.insert(static_cast<size_t>(at), ",");
  return digits;
}

// Writes lines with their rows as one right-aligned column.
std::string Join(const std::vector<Line>& lines) {
  size_t text_width = 0, number_width = 0;
  for (const auto& line : lines) {
    if (!line.rows) continue;
    text_width = std::max(text_width, WidthOf(line.text));
    number_width = std::max(number_width, WithCommas(*line.rows).size());
  }
  std::string out;
  for (const auto& line : lines) {
    out += line.text;
    if (line.rows) {
      const auto number = WithCommas(*line.rows);
      out += std::string(text_width - WidthOf(line.text) + 2 + number_width - number.size(), ' ');
      out += "~" + number + (*line.rows == 1 ? " row" : " rows");
    }
    out += "\n";
  }
  return out;
}

}  // namespace

std::string ToStageTree(const DistributedPlan& plan, const StageNotes& notes) {
  std::string out;
  for (const auto& exchange : plan.exchanges) {
    if (exchange.consumer == Exchange::kClient) out += "Client\n  ◂ " + DescribeExchange(exchange) + "\n";
  }
  for (auto stage = plan.stages.rbegin(); stage != plan.stages.rend(); ++stage) {
    out += "\n" + DescribeStage(*stage) + "\n";
    if (const auto found = notes.find(stage->id); found != notes.end()) {
      for (const auto& line : found->second) out += "  | " + line + "\n";
    }
    std::vector<Line> lines;
    if (!stage->operators.empty()) DrawOperator(plan, stage->operators, 0, "  ", "  ", lines);
    out += Join(lines);
  }
  return out;
}

}  // namespace skein::core
