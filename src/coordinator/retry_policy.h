// Who may try again, when, and how often: the only place that retries. Looks at the error's own fields alone
// (base/error.h), never at its text. A value with a memory of failures; its owner locks or has one thread.
#pragma once

#include <chrono>
#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>

#include <arrow/status.h>

#include "base/ids.h"
#include "coordinator/timers.h"

namespace skein::core {

/// A task, whatever its attempt. `query` is any name that no two queries share.
struct RetriedTask {
  std::string query;
  StageId stage = 0;
  uint32_t task = 0;
  auto operator<=>(const RetriedTask&) const = default;
};

struct RetryOptions {
  uint32_t max_attempts = 3;        // of a task, the first one included
  uint32_t max_query_retries = 16;  // of all tasks of a query together
  /// The first retry of a task comes at once, the second one after this, each further one after twice the time.
  std::chrono::milliseconds delay{1000};
  std::chrono::milliseconds max_delay{30000};
};

class RetryPolicy {
 public:
  /// Another attempt follows, which TakeDue gives out when the delay is over.
  struct Retry {
    std::chrono::milliseconds delay{0};
  };
  /// The task, and so its query, has failed.
  struct GiveUp {
    std::string reason;
  };

  explicit RetryPolicy(RetryOptions options) : options_(options) {}

  /// Decides what follows on a failure (not ok) of a task's latest attempt. A query of which one task was given up is
  /// never retried, and what was waiting of it is dropped.
  std::variant<Retry, GiveUp> OnFailure(const RetriedTask& task, const arrow::Status& error, SteadyTime now);
  /// Takes the retry that has been due the longest; nothing where none is due.
  std::optional<RetriedTask> TakeDue(SteadyTime now);
  /// Says when the next retry is due.
  std::optional<SteadyTime> NextTime() const;
  /// Counts the failures of a task.
  uint32_t failures(const RetriedTask& task) const;
  size_t pending() const { return waiting_.size(); }
  /// Forgets all failures of a query, and its retries. To be called when the query ends.
  void Forget(const std::string& query);

 private:
  struct Query {
    std::map<RetriedTask, uint32_t> failures;
    uint32_t retries = 0;
    bool is_given_up = false;
  };

  std::optional<std::string> ReasonToGiveUp(const Query& query, uint32_t failures, const arrow::Status& error) const;
  std::chrono::milliseconds DelayAfter(uint32_t failures) const;
  void DropWaiting(const std::string& query);

  const RetryOptions options_;
  std::map<std::string, Query> queries_;
  std::multimap<SteadyTime, RetriedTask> waiting_;
};

}  // namespace skein::core
