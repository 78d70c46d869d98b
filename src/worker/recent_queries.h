// The queries that were released last, so that a message that comes late or twice starts none of them again. Not
// thread-safe: its owner locks.
#pragma once

#include <cstddef>
#include <deque>
#include <set>

#include "base/ids.h"

namespace skein::core {

class RecentQueries {
 public:
  bool Contains(const QueryId& query) const { return known_.contains(query); }
  /// Forgets the oldest beyond the limit.
  void Add(const QueryId& query) {
    if (!known_.insert(query).second) return;
    order_.push_back(query);
    if (order_.size() <= kLimit) return;
    known_.erase(order_.front());
    order_.pop_front();
  }

 private:
  static constexpr size_t kLimit = 4096;
  std::set<QueryId> known_;
  std::deque<QueryId> order_;
};

}  // namespace skein::core
