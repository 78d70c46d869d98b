#include "plan/operator_figures.h"

#include <algorithm>

namespace skein::core {
namespace {

bool IsSameOperator(const OperatorFigures& a, const OperatorFigures& b) {
  return a.depth == b.depth && a.name == b.name;
}

bool IsTreeAt(const std::vector<OperatorFigures>& tree, const std::vector<OperatorFigures>& trees, size_t at) {
  if (at + tree.size() > trees.size()) return false;
  const bool is_end = at + tree.size() == trees.size() || trees[at + tree.size()].depth == 0;
  return is_end &&
         std::equal(tree.begin(), tree.end(), trees.begin() + static_cast<std::ptrdiff_t>(at), IsSameOperator);
}

}  // namespace

void AddOperators(const std::vector<OperatorFigures>& task, std::vector<OperatorFigures>& stage) {
  if (task.empty()) return;
  size_t at = 0;
  while (at < stage.size() && !IsTreeAt(task, stage, at)) at++;
  if (at == stage.size()) {
    stage.insert(stage.end(), task.begin(), task.end());
    return;
  }
  for (const auto& figures : task) {
    stage[at].rows += figures.rows;
    stage[at].time_us += figures.time_us;
    at++;
  }
}

}  // namespace skein::core
