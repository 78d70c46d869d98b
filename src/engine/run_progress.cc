#include "engine/run_progress.h"

#include <algorithm>

namespace skein::core {

void RunProgressLog::TurnTo(Source source) {
  MutexLock lock(mutex_);
  const auto at = std::find(sources_.begin(), sources_.end(), source);
  if (at != sources_.end()) return;
  position_ = {static_cast<uint32_t>(sources_.size()), 0};
  sources_.push_back(source);
}

void RunProgressLog::BeginSplit(ScanId scan, SplitId split) {
  MutexLock lock(mutex_);
  begun_.push_back({scan, split, true});
  const auto at = std::find(sources_.begin(), sources_.end(), Source{true, scan});
  position_ = {static_cast<uint32_t>(at - sources_.begin()), split};
}

void RunProgressLog::EndSplit(ScanId scan, SplitId split) {
  ended_splits_++;
  MutexLock lock(mutex_);
  // The splits that are open stand near the end.
  const auto at = std::find_if(begun_.rbegin(), begun_.rend(),
                               [&](const auto& begun) { return begun.scan == scan && begun.split == split; });
  if (at != begun_.rend()) at->is_open = false;
}

void RunProgressLog::EndScan(ScanId scan) {
  MutexLock lock(mutex_);
  const auto at = std::find(sources_.begin(), sources_.end(), Source{true, scan});
  position_ = {static_cast<uint32_t>(at - sources_.begin()), ErrorPosition::kAfterSplits};
}

RunProgress RunProgressLog::Get() const {
  MutexLock lock(mutex_);
  return {begun_, position_};
}

}  // namespace skein::core
