// A query that has met an error of its data: it ends with the first such error in plain order, or with the first that
// is known when the limit of the search is over.
#include "base/error.h"
#include "coordinator/query_state.h"
#include "worker/wire_convert.h"

namespace skein::core {

void QueryState::OnDataError(const TaskEntry& task, const wire::TaskFailed& failed) {
  if (!first_error_.is_known()) {
    timers_.Cancel(std::exchange(settle_timer_, 0));  // what is weaker follows from this one
    settle_timer_ = timers_.After(options_.first_error_time, [this] {
      settle_timer_ = 0;
      End("failed", first_error_.status());
    });
  }
  StartOrderedRun(first_error_.Add(task, failed));
  EndIfFirstErrorIsCertain();
}

bool QueryState::TakeEndOfOrderedRun(const wire::TaskName& name, const wire::TaskFailed* failed) {
  if (state_ != State::kRunning || !first_error_.IsOrderedRun(name)) return false;
  StartOrderedRun(first_error_.EndOrderedRun(name, failed));
  EndIfFirstErrorIsCertain();
  return true;
}

void QueryState::StartOrderedRun(const std::optional<OrderedRun>& run) {
  if (!run) return;
  wire::ToWorker message;
  auto& start = *message.mutable_start();
  start = MakeStartTask(request_, tasks_, run->task);
  start.set_is_in_plain_order(true);
  for (const auto& scan : request_.plan.stage(run->task.key.stage).scans) {
    auto& splits = *start.add_scans();
    splits.set_scan(scan.id);
    splits.set_is_last(true);
    const auto ids = run->splits.find(scan.id);
    if (ids == run->splits.end()) continue;
    for (const SplitId id : ids->second) {
      const Split* split = splits_.Find({run->task.key.stage, scan.id}, id);
      if (split != nullptr) *splits.add_splits() = ToWire(*split);
    }
  }
  SendTo(run->task.worker, std::move(message));
}

void QueryState::EndIfFirstErrorIsCertain() {
  if (first_error_.is_known() && first_error_.IsSettled()) End("failed", first_error_.status());
}

}  // namespace skein::core
