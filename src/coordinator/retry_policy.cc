#include "coordinator/retry_policy.h"

#include <algorithm>

#include "base/error.h"

namespace skein::core {

std::variant<RetryPolicy::Retry, RetryPolicy::GiveUp> RetryPolicy::OnFailure(const RetriedTask& task,
                                                                             const arrow::Status& error,
                                                                             SteadyTime now) {
  auto& query = queries_[task.query];
  const auto failures = ++query.failures[task];
  if (auto reason = ReasonToGiveUp(query, failures, error)) {
    query.is_given_up = true;
    DropWaiting(task.query);
    return GiveUp{std::move(*reason)};
  }
  query.retries++;
  const auto delay = DelayAfter(failures);
  std::erase_if(waiting_, [&](const auto& entry) { return entry.second == task; });  // the report came twice
  waiting_.emplace(now + delay, task);
  return Retry{delay};
}

std::optional<std::string> RetryPolicy::ReasonToGiveUp(const Query& query, uint32_t failures,
                                                       const arrow::Status& error) const {
  const auto* detail = DetailOf(error);
  if (query.is_given_up) return "its query has failed already: " + error.message();
  if (detail == nullptr || !detail->is_retryable()) return "not to be retried: " + error.message();
  if (failures >= options_.max_attempts) {
    return "failed too often: attempts=" + std::to_string(failures) + " last error: " + error.message();
  }
  if (query.retries >= options_.max_query_retries) {
    return "its query was retried too often: retries=" + std::to_string(query.retries) +
           " last error: " + error.message();
  }
  return std::nullopt;
}

std::chrono::milliseconds RetryPolicy::DelayAfter(uint32_t failures) const {
  if (failures <= 1) return std::chrono::milliseconds(0);
  auto delay = options_.delay;
  for (uint32_t i = 2; i < failures && delay < options_.max_delay; i++) delay *= 2;
  return std::min(delay, options_.max_delay);
}

std::optional<RetriedTask> RetryPolicy::TakeDue(SteadyTime now) {
  if (waiting_.empty() || waiting_.begin()->first > now) return std::nullopt;
  auto first = waiting_.extract(waiting_.begin());
  return std::move(first.mapped());
}

std::optional<SteadyTime> RetryPolicy::NextTime() const {
  if (waiting_.empty()) return std::nullopt;
  return waiting_.begin()->first;
}

uint32_t RetryPolicy::failures(const RetriedTask& task) const {
  const auto query = queries_.find(task.query);
  if (query == queries_.end()) return 0;
  const auto found = query->second.failures.find(task);
  return found == query->second.failures.end() ? 0 : found->second;
}

void RetryPolicy::Forget(const std::string& query) {
  queries_.erase(query);
  DropWaiting(query);
}

void RetryPolicy::DropWaiting(const std::string& query) {
  std::erase_if(waiting_, [&](const auto& entry) { return entry.second.query == query; });
}

}  // namespace skein::core
