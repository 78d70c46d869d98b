#include "coordinator/split_ledger.h"

#include <string>

#include "base/error.h"

namespace skein::core {
namespace {

std::string NameOf(SplitLedger::Scan scan, SplitId split) {
  return "stage=" + std::to_string(scan.first) + " scan=" + std::to_string(scan.second) +
         " split=" + std::to_string(split);
}

std::string NameOf(uint32_t task, AttemptId attempt) {
  return "task=" + std::to_string(task) + " attempt=" + std::to_string(attempt);
}

}  // namespace

SplitLedger::SplitLedger(const DistributedPlan& plan, std::map<Scan, std::vector<Split>> splits) {
  for (const auto& stage : plan.stages) {
    for (const auto& scan : stage.scans) {
      auto& state = scans_[{stage.id, scan.id}];
      for (auto& split : splits[{stage.id, scan.id}]) state.entries.push_back({.split = std::move(split)});
    }
  }
}

std::vector<Split> SplitLedger::Take(Scan scan, uint32_t task, AttemptId attempt, uint32_t count, SplitId limit) {
  auto& state = scans_.at(scan);
  std::vector<Split> taken;
  for (; taken.size() < count && state.next < state.entries.size() && state.next <= limit; state.next++) {
    auto& entry = state.entries[state.next];
    entry.is_given = true;
    entry.task = task;
    entry.attempt = attempt;
    taken.push_back(entry.split);
  }
  return taken;
}

const Split* SplitLedger::Find(Scan scan, SplitId split) const {
  const auto at = scans_.find(scan);
  return at != scans_.end() && split < at->second.entries.size() ? &at->second.entries[split].split : nullptr;
}

bool SplitLedger::TellIsLast(Scan scan, uint32_t task) {
  auto& state = scans_.at(scan);
  if (state.next < state.entries.size()) return false;
  state.told.insert(task);
  return true;
}

uint64_t SplitLedger::given(StageId stage, uint32_t task) const {
  uint64_t count = 0;
  for (const auto& [scan, state] : scans_) {
    if (scan.first != stage) continue;
    for (const auto& entry : state.entries) count += entry.is_given && entry.task == task;
  }
  return count;
}

arrow::Status SplitLedger::MarkRead(Scan scan, uint32_t task, AttemptId attempt, SplitId split) {
  const auto at = scans_.find(scan);
  if (at == scans_.end() || split >= at->second.entries.size()) {
    return InternalError("a split that does not exist was read: " + NameOf(scan, split) + " " + NameOf(task, attempt));
  }
  auto& entry = at->second.entries[split];
  if (!entry.is_given || entry.task != task || entry.attempt != attempt) {
    return InternalError("a split was read by a task that it was not given to: " + NameOf(scan, split) + " " +
                         NameOf(task, attempt));
  }
  if (entry.is_read) {
    return InternalError("a split was read twice: " + NameOf(scan, split) + " " + NameOf(task, attempt));
  }
  entry.is_read = true;
  return arrow::Status::OK();
}

arrow::Status SplitLedger::CheckAllRead(Scan scan, const ScanState& state, uint32_t task, AttemptId attempt) const {
  for (SplitId split = 0; split < state.entries.size(); split++) {
    const auto& entry = state.entries[split];
    if (!entry.is_given || entry.is_read || entry.task != task || entry.attempt != attempt) continue;
    return InternalError("a split was given and not read: " + NameOf(scan, split) + " " + NameOf(task, attempt));
  }
  return arrow::Status::OK();
}

arrow::Status SplitLedger::Finish(StageId stage, uint32_t task, AttemptId attempt, const std::vector<UnitInput>& inputs,
                                  const std::set<ScanId>& partial_scans) {
  for (const auto& input : inputs) ARROW_RETURN_NOT_OK(MarkRead({stage, input.scan}, task, attempt, input.split));
  for (auto& [scan, state] : scans_) {
    if (scan.first != stage) continue;
    if (!state.told.contains(task) || partial_scans.contains(scan.second)) {
      state.is_partial = true;
    } else {
      ARROW_RETURN_NOT_OK(CheckAllRead(scan, state, task, attempt));
    }
  }
  return arrow::Status::OK();
}

arrow::Status SplitLedger::CheckStage(StageId stage) const {
  for (const auto& [scan, state] : scans_) {
    if (scan.first != stage || state.is_partial) continue;
    for (SplitId split = 0; split < state.entries.size(); split++) {
      if (!state.entries[split].is_read) return InternalError("a split was read by no task: " + NameOf(scan, split));
    }
  }
  return arrow::Status::OK();
}

}  // namespace skein::core
