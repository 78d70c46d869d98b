// The splits that one task holds and has not begun: asks the coordinator for more while some are left, so a scan seldom
// waits and a slow worker simply takes fewer. Owned by the task; any thread may call.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <unordered_set>
#include <vector>

#include "base/mutex.h"
#include "engine/engine.h"
#include "worker/control.pb.h"

namespace skein::core {

class SplitQueue : public SplitFeed {
 public:
  /// Asks for `count` more splits of `scan`; called without a lock held.
  using Ask = std::function<void(ScanId scan, uint32_t count)>;

  /// Asks when fewer than `low_water` >= 1 splits of a scan are left; at most one request of a scan is outstanding.
  SplitQueue(uint32_t low_water, Ask ask) : low_water_(low_water), ask_(std::move(ask)) {}

  arrow::Result<State> TryTake(ScanId scan, Split& split, std::function<void()> wake) override;

  /// Adds splits; those whose ids came before are ignored. Wakes whoever waits.
  void Give(const wire::ScanSplits& splits);
  /// Ends the feed with `status` (not ok): the waiting are woken, later calls get it. The first failure counts.
  void Fail(arrow::Status status);
  /// Returns the scans whose end the task has not seen: it wanted no more rows, or failed.
  std::vector<ScanId> UnfinishedScans() const;

 private:
  struct Scan {
    std::deque<Split> waiting;
    std::unordered_set<SplitId> known;
    std::vector<std::function<void()>> wakes;
    bool is_exhausted = false;
    bool is_asked = false;
    bool is_finished = false;  // the task was told that nothing more comes
  };

  /// Says whether the caller must ask for more, and records that it does.
  bool MustAsk(Scan& scan) const REQUIRES(mutex_);

  const uint32_t low_water_;
  const Ask ask_;
  mutable Mutex mutex_;
  std::map<ScanId, Scan> scans_ GUARDED_BY(mutex_);
  arrow::Status failure_ GUARDED_BY(mutex_);
};

}  // namespace skein::core
