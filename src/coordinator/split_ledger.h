// Which task reads which split: every split is given out once, recorded, and claimed back when tasks finish. Owned by a
// query's state; its thread only.
//
// Coverage is claimed for a scan unless a task of its stage stopped before the scan's end: it was never told that there
// are no more splits, or says so itself (a LIMIT in the fragment, a join whose build side is empty). Such a scan is
// partial; then only splits that were read twice or by a task that did not own them are errors.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include <arrow/result.h>
#include <arrow/status.h>

#include "base/ids.h"
#include "exchange/block.h"
#include "plan/distributed_plan.h"
#include "plan/split.h"

namespace skein::core {

class SplitLedger {
 public:
  using Scan = std::pair<StageId, ScanId>;

  /// Takes the splits of all scans of the plan; a scan without an entry has none.
  SplitLedger(const DistributedPlan& plan, std::map<Scan, std::vector<Split>> splits);

  bool HasScan(Scan scan) const { return scans_.contains(scan); }
  /// Gives the next `count` splits, or as many as are left up to the split `limit`, to a task.
  std::vector<Split> Take(Scan scan, uint32_t task, AttemptId attempt, uint32_t count, SplitId limit = UINT32_MAX);
  /// Returns a split, or null where there is none of that id.
  const Split* Find(Scan scan, SplitId split) const;
  /// Says whether no splits are left for `task`, and remembers that the task has been told.
  bool TellIsLast(Scan scan, uint32_t task);
  /// Counts the splits that were given to a task.
  uint64_t given(StageId stage, uint32_t task) const;

  /// Records what an attempt has read, at its end. Errors (internal) name the split: it was given to another one, was
  /// read twice, or was given and not read although the scan is not in `partial_scans`.
  arrow::Status Finish(StageId stage, uint32_t task, AttemptId attempt, const std::vector<UnitInput>& inputs,
                       const std::set<ScanId>& partial_scans);
  /// Checks that all splits of the stage were read, once all of its tasks have finished.
  arrow::Status CheckStage(StageId stage) const;

 private:
  struct Entry {
    Split split;
    bool is_given = false;
    bool is_read = false;
    uint32_t task = 0;
    AttemptId attempt = 0;
  };
  struct ScanState {
    std::vector<Entry> entries;  // by split id
    size_t next = 0;             // entries before it are given
    std::set<uint32_t> told;     // tasks that know that there are no more
    bool is_partial = false;
  };

  arrow::Status MarkRead(Scan scan, uint32_t task, AttemptId attempt, SplitId split);
  arrow::Status CheckAllRead(Scan scan, const ScanState& state, uint32_t task, AttemptId attempt) const;

  std::map<Scan, ScanState> scans_;
};

}  // namespace skein::core
