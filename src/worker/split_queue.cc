#include "worker/split_queue.h"

#include <utility>

#include "worker/wire_convert.h"

namespace skein::core {

bool SplitQueue::MustAsk(Scan& scan) const {
  if (scan.is_exhausted || scan.is_asked || scan.waiting.size() >= low_water_) return false;
  scan.is_asked = true;
  return true;
}

arrow::Result<SplitFeed::State> SplitQueue::TryTake(ScanId id, Split& split, std::function<void()> wake) {
  State state = kSplit;
  bool must_ask = false;
  {
    MutexLock lock(mutex_);
    if (!failure_.ok()) return failure_;
    Scan& scan = scans_[id];
    if (!scan.waiting.empty()) {
      split = std::move(scan.waiting.front());
      scan.waiting.pop_front();
    } else if (scan.is_exhausted) {
      scan.is_finished = true;
      return kExhausted;
    } else {
      scan.wakes.push_back(std::move(wake));
      state = kPending;
    }
    must_ask = MustAsk(scan);
  }
  if (must_ask) ask_(id, low_water_);
  return state;
}

void SplitQueue::Give(const wire::ScanSplits& splits) {
  std::vector<std::function<void()>> wakes;
  {
    MutexLock lock(mutex_);
    Scan& scan = scans_[splits.scan()];
    scan.is_asked = false;
    for (const wire::SplitMessage& message : splits.splits()) {
      if (scan.known.insert(message.id()).second) scan.waiting.push_back(FromWire(message));
    }
    scan.is_exhausted |= splits.is_last();
    wakes.swap(scan.wakes);
  }
  for (const auto& wake : wakes) wake();
}

void SplitQueue::Fail(arrow::Status status) {
  std::vector<std::function<void()>> wakes;
  {
    MutexLock lock(mutex_);
    if (!failure_.ok()) return;
    failure_ = std::move(status);
    for (auto& [id, scan] : scans_) {
      for (auto& wake : scan.wakes) wakes.push_back(std::move(wake));
      scan.wakes.clear();
    }
  }
  for (const auto& wake : wakes) wake();
}

std::vector<ScanId> SplitQueue::UnfinishedScans() const {
  std::vector<ScanId> unfinished;
  MutexLock lock(mutex_);
  for (const auto& [id, scan] : scans_) {
    if (!scan.is_finished) unfinished.push_back(id);
  }
  return unfinished;
}

}  // namespace skein::core
