#include "coordinator/first_error.h"

#include <algorithm>

#include "base/error.h"
#include "worker/wire_convert.h"

namespace skein::core {
namespace {

constexpr uint32_t kUnranked = UINT32_MAX;

// A stage that several read is worked on when the first of them wants it; and only once, or plans of shared stages over
// shared stages would take for ever.
void Visit(const DistributedPlan& plan, StageId stage, uint32_t& next, std::vector<uint32_t>& ranks) {
  if (ranks[stage] != kUnranked) return;
  const auto& inputs = plan.stage(stage).inputs;
  for (auto input = inputs.rbegin(); input != inputs.rend(); ++input) {
    const auto& exchange = plan.exchange(*input);
    if (!exchange.is_from_client()) Visit(plan, exchange.producer, next, ranks);
  }
  ranks[stage] = next++;
}

}  // namespace

std::vector<uint32_t> PlainOrderOf(const DistributedPlan& plan) {
  std::vector<uint32_t> ranks(plan.stages.size(), kUnranked);
  uint32_t next = 0;
  // DuckDB makes the rows of a table expression before it turns to what reads them.
  for (const auto& exchange : plan.exchanges) {
    if (exchange.is_shared()) Visit(plan, exchange.producer, next, ranks);
  }
  if (!ranks.empty()) Visit(plan, plan.stages.back().id, next, ranks);
  return ranks;
}

FirstError::FirstError(const DistributedPlan& plan, const TaskTable& tasks)
    : plan_(plan), tasks_(tasks), ranks_(PlainOrderOf(plan)) {}

const FirstError::Entry* FirstError::First() const {
  const auto first = std::min_element(found_.begin(), found_.end(), [this](const auto& left, const auto& right) {
    return OrderOf(left) < OrderOf(right);
  });
  return first == found_.end() ? nullptr : &*first;
}

std::optional<OrderedRun> FirstError::Add(const TaskEntry& task, const wire::TaskFailed& failed) {
  const Task name{task.key.stage, task.key.task};
  const auto& scans = plan_.stage(task.key.stage).scans;
  ErrorPosition position{failed.source(), failed.split()};
  for (const auto& begun : failed.begun()) {
    // Where several threads have read it is not known which of the open splits holds the error: the first may.
    if (scans.size() == 1 && begun.is_open()) position.split = std::min(position.split, begun.split());
  }
  found_[name] = {position, FromWire(failed.error())};
  if (scans.size() == 1) {
    // Which scan has failed is certain only where there is one; the error is in a split that was begun.
    SplitId last = 0;
    for (const auto& begun : failed.begun()) last = std::max(last, begun.split());
    if (failed.begun_size() > 0) Limit({task.key.stage, scans[0].id}, last);
    if (failed.begun_size() == 1) return std::nullopt;
  }
  auto& search = searches_[name];
  search.running.task = task;
  search.waiting = ToRunAgain(failed, scans.size());
  return Next(name);
}

std::deque<std::map<ScanId, std::vector<SplitId>>> FirstError::ToRunAgain(const wire::TaskFailed& failed,
                                                                          size_t scans) const {
  std::map<ScanId, std::vector<SplitId>> open, ended;
  for (const auto& begun : failed.begun()) {
    // Where the fragment has several scans, one of them is not read rightly without the others.
    auto& splits = begun.is_open() || scans > 1 ? open : ended;
    splits[begun.scan()].push_back(begun.split());
  }
  return {std::move(open), std::move(ended)};
}

std::optional<OrderedRun> FirstError::Next(const Task& task) {
  auto& search = searches_.at(task);
  while (!search.waiting.empty()) {
    auto splits = std::move(search.waiting.front());
    search.waiting.pop_front();
    bool is_empty = true;
    for (auto& [scan, ids] : splits) {
      const SplitId limit = LimitOf({task.first, scan});
      std::erase_if(ids, [&](SplitId id) { return id > limit; });
      std::sort(ids.begin(), ids.end());
      is_empty &= ids.empty();
    }
    if (is_empty) continue;
    search.running.task.key.attempt++;
    search.running.splits = std::move(splits);
    return search.running;
  }
  searches_.erase(task);
  return std::nullopt;
}

bool FirstError::IsOrderedRun(const wire::TaskName& name) const {
  const auto at = searches_.find({name.stage(), name.task()});
  const auto key = FromWire(name);
  return at != searches_.end() && key.ok() && at->second.running.task.key == *key;
}

std::optional<OrderedRun> FirstError::EndOrderedRun(const wire::TaskName& name, const wire::TaskFailed* failed) {
  const Task task{name.stage(), name.task()};
  const auto status = failed != nullptr ? FromWire(failed->error()) : arrow::Status::OK();
  if (IsOfTheData(status)) {
    found_[task] = {{failed->source(), failed->split()}, status};
    if (const int count = failed->begun_size(); count > 0 && failed->begun(count - 1).is_open()) {
      const auto& last = failed->begun(count - 1);
      Limit({task.first, last.scan()}, last.split());
    }
  }
  return Next(task);
}

void FirstError::Limit(SplitLedger::Scan scan, SplitId split) {
  const auto [at, is_new] = limits_.emplace(scan, split);
  if (!is_new) at->second = std::min(at->second, split);
}

SplitId FirstError::LimitOf(SplitLedger::Scan scan) const {
  const auto at = limits_.find(scan);
  return at == limits_.end() ? UINT32_MAX : at->second;
}

bool FirstError::IsSettled() const {
  if (!searches_.empty()) return false;
  const auto& [stage, first_task] = First()->first;
  for (StageId other = 0; other < plan_.stages.size(); other++) {
    const bool has_scans = !plan_.stage(other).scans.empty();
    if (has_scans ? ranks_[other] > ranks_[stage] : other != stage) continue;
    for (const auto& task : tasks_.tasks(other)) {
      const bool could_be_first = has_scans || task.key.task < first_task;
      if (could_be_first && task.state == TaskState::kRunning) return false;
    }
  }
  return true;
}

}  // namespace skein::core
