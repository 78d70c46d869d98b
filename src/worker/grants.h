// Admission: a query gets all of its task slots and memory on this worker, or waits in line for them. First come, first
// served: a small request never overtakes a large one, so none starves. Owned by the worker; any thread may call.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <thread>
#include <vector>

#include <arrow/status.h>

#include "base/ids.h"
#include "base/mutex.h"

namespace skein::core {

/// What a query asks a worker for.
struct GrantAmount {
  uint32_t task_slots = 0;
  uint64_t memory_bytes = 0;
};

class Grants {
 public:
  /// Gets ok when the grant is held, otherwise why not. Called once, without a lock held, from any thread; must not
  /// block.
  using Reply = std::function<void(arrow::Status)>;

  explicit Grants(GrantAmount capacity);
  /// Those still in line get Cancelled.
  ~Grants();

  /// Asks for a grant and waits in line at most `timeout`. Errors in the reply: more than the worker has (WorldError),
  /// time over (Unavailable), released before its turn (Cancelled).
  void Request(const QueryId& query, GrantAmount amount, std::chrono::milliseconds timeout, Reply reply);
  /// Gives the query's grant back, or takes its request out of the line. Unknown queries are no error.
  void Release(const QueryId& query);

 private:
  using Clock = std::chrono::steady_clock;
  struct Waiting {
    QueryId query;
    GrantAmount amount;
    Clock::time_point deadline;
    std::chrono::milliseconds timeout;
    Reply reply;
  };
  struct Answer {
    Reply reply;
    arrow::Status status;
  };

  void WatchDeadlines();
  /// These two return what to call once the lock is free.
  void Admit(std::vector<Answer>& answers) REQUIRES(mutex_);
  void Expire(Clock::time_point now, std::vector<Answer>& answers) REQUIRES(mutex_);
  bool Fits(const GrantAmount& amount) const REQUIRES(mutex_);
  static void Call(std::vector<Answer>& answers);

  const GrantAmount capacity_;
  Mutex mutex_;
  ConditionVariable changed_;
  std::map<QueryId, GrantAmount> held_ GUARDED_BY(mutex_);
  GrantAmount used_ GUARDED_BY(mutex_);
  std::deque<Waiting> line_ GUARDED_BY(mutex_);
  bool is_closed_ GUARDED_BY(mutex_) = false;
  std::thread watcher_;
};

}  // namespace skein::core
