// How far a run has come, in the terms of plain order: which sources it asked for rows, one after another, and which
// splits it began. After a user error it tells which splits may hold an earlier one. RunProgress is a value; the
// RunProgressLog belongs to a task, any thread may call.
#pragma once

#include <atomic>
#include <cstdint>
#include <utility>
#include <vector>

#include "base/ids.h"
#include "base/mutex.h"
#include "plan/error_position.h"

namespace skein::core {

struct RunProgress {
  struct Begun {
    ScanId scan = 0;
    SplitId split = 0;
    bool is_open = true;  // its end was not reached
  };

  /// In the order in which they were begun.
  std::vector<Begun> begun;
  /// Exact where the run had one thread.
  ErrorPosition position;
};

class RunProgressLog {
 public:
  /// A thread turns to a source.
  void TurnToScan(ScanId scan) { TurnTo({true, scan}); }
  void TurnToExchange(ExchangeId exchange) { TurnTo({false, exchange}); }
  void BeginSplit(ScanId scan, SplitId split);
  void EndSplit(ScanId scan, SplitId split);
  void EndScan(ScanId scan);

  RunProgress Get() const;
  /// Counts the splits whose end was reached.
  uint32_t ended_splits() const { return ended_splits_; }

 private:
  using Source = std::pair<bool, uint32_t>;  // is it a scan, and its id

  void TurnTo(Source source);

  mutable Mutex mutex_;
  std::vector<Source> sources_ GUARDED_BY(mutex_);  // in the order of their first use
  std::vector<RunProgress::Begun> begun_ GUARDED_BY(mutex_);
  ErrorPosition position_ GUARDED_BY(mutex_);
  std::atomic<uint32_t> ended_splits_{0};
};

}  // namespace skein::core
