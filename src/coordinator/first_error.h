// The search for the error of the data that DuckDB with one thread would have met first, so that the error of a query
// does not depend on which worker met one first.
//
// A task that fails says which splits it had begun. Several threads have read them, so others of them may hold an
// earlier error: they are run again, in plain order, by one thread (an ordered run, a further attempt whose output
// nobody reads): first those that were open, then those that had ended, whose rows an operator may have kept back.
// Meanwhile the other tasks of the stage go on with lower splits. What is known when nothing is left to wait for, or
// when the query's limit is over, is the answer. Owned by the query's state; its thread only.
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <tuple>
#include <utility>
#include <vector>

#include "coordinator/split_ledger.h"
#include "coordinator/task_table.h"
#include "plan/distributed_plan.h"
#include "plan/error_position.h"
#include "worker/control.pb.h"

namespace skein::core {

/// Splits of one task that are to be run again in plain order.
struct OrderedRun {
  TaskEntry task;  // its key has the attempt of the run
  std::map<ScanId, std::vector<SplitId>> splits;
};

class FirstError {
 public:
  /// `plan` and `tasks` must outlive it.
  FirstError(const DistributedPlan& plan, const TaskTable& tasks);

  /// Says whether an error is known.
  bool is_known() const { return !found_.empty(); }
  /// Returns the first of the known ones. REQUIRES: is_known().
  const arrow::Status& status() const { return First()->second.status; }

  /// Takes the error with which a task failed; returns what to run again, if anything.
  std::optional<OrderedRun> Add(const TaskEntry& task, const wire::TaskFailed& failed);
  /// Says whether a message is about an ordered run that has not ended.
  bool IsOrderedRun(const wire::TaskName& name) const;
  /// Takes the end of an ordered run, with its error or null where it met none; returns what to run again next.
  std::optional<OrderedRun> EndOrderedRun(const wire::TaskName& name, const wire::TaskFailed* failed);

  /// Says whether nothing that still runs could bring an earlier error.
  bool IsSettled() const;
  /// The highest split that may hold an earlier error; those behind it need not be read.
  SplitId LimitOf(SplitLedger::Scan scan) const;

 private:
  using Task = std::pair<StageId, uint32_t>;
  struct Found {
    ErrorPosition position;
    arrow::Status status;
  };
  /// The ordered runs of one failed task: one runs, the others wait.
  struct Search {
    OrderedRun running;
    std::deque<std::map<ScanId, std::vector<SplitId>>> waiting;
  };
  using Entry = std::pair<const Task, Found>;

  const Entry* First() const;
  auto OrderOf(const Entry& entry) const {
    return std::tuple(ranks_[entry.first.first], entry.second.position, entry.first);
  }
  std::optional<OrderedRun> Next(const Task& task);
  std::deque<std::map<ScanId, std::vector<SplitId>>> ToRunAgain(const wire::TaskFailed& failed, size_t scans) const;
  void Limit(SplitLedger::Scan scan, SplitId split);

  const DistributedPlan& plan_;
  const TaskTable& tasks_;
  const std::vector<uint32_t> ranks_;  // of the stages, in plain order
  std::map<Task, Found> found_;
  std::map<Task, Search> searches_;
  std::map<SplitLedger::Scan, SplitId> limits_;
};

/// Returns for each stage its place in the order in which DuckDB with one thread would do their work: inputs before
/// what reads them, of several the last first, which is the build side of a join; those that several read before all.
std::vector<uint32_t> PlainOrderOf(const DistributedPlan& plan);

}  // namespace skein::core
