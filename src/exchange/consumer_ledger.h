// The ledger of one consumer attempt: the units that it has taken, each whole and once, and the check that they are all
// that the exchange holds. Not thread-safe: its owner locks.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include <arrow/result.h>
#include <arrow/status.h>

#include "exchange/block.h"

namespace skein::core {

/// Count, sum and xor over ids: equal for equal multisets, whatever their order.
struct IdSummary {
  uint64_t count = 0;
  uint64_t sum = 0;
  uint64_t exclusive_or = 0;
  bool operator==(const IdSummary&) const = default;
  void Add(uint64_t id) {
    count++;
    sum += id;
    exclusive_or ^= id;
  }
};

/// Mixes a unit's name (task, unit; not attempt or worker) into 64 bits.
uint64_t IdOf(const UnitKey& key);

class ConsumerLedger {
 public:
  /// Reads blocks of `range` only: a unit must show exactly the blocks of the parts that overlap it.
  explicit ConsumerLedger(PartitionRange range) : range_(range) {}

  /// Says whether the block's rows are to be used. False for a block of a unit that is taken already, or is being
  /// taken from another attempt. Errors (Unavailable, naming the unit): checksum differs, a sequence seen twice.
  arrow::Result<bool> Offer(const UnitKey& key, const Block& block);
  /// Ends a unit: true when it was taken by this call, false for a duplicate. Errors: blocks, rows, bytes or checksum
  /// differ from the trailer ("unit truncated: …").
  arrow::Result<bool> Close(const UnitTrailer& trailer);
  /// Says that a producer attempt has given all of its `units`. Errors: one is still open ("unit truncated: …"), it
  /// closed another number of them ("unit missing: …"), another attempt of the task had another number.
  arrow::Status EndOfProducer(uint32_t task, AttemptId attempt, uint32_t units);

  /// Checks that of every task that has ended all units were taken.
  arrow::Status CheckEnded() const;
  /// Checks at the end that each of `task_count` tasks from `first_task` on has ended and that all of its units were
  /// taken.
  arrow::Status CheckCoverage(uint32_t first_task, uint32_t task_count) const;

  /// Over IdOf of every unit taken.
  const IdSummary& summary() const { return summary_; }
  uint64_t rows() const { return rows_; }
  uint64_t bytes() const { return bytes_; }

 private:
  struct Open {
    UnitKey key;
    std::set<uint32_t> sequences;
    uint64_t rows = 0;
    uint64_t bytes = 0;
    uint64_t checksum = 0;
  };
  using Name = std::pair<uint32_t, uint32_t>;  // task, unit

  PartitionRange range_;
  std::map<Name, Open> open_;
  std::set<Name> taken_;
  std::map<std::pair<uint32_t, AttemptId>, std::set<uint32_t>> closed_;  // task, attempt -> units with a trailer
  std::map<uint32_t, uint32_t> ended_;                                   // task -> number of units
  IdSummary summary_;
  uint64_t rows_ = 0;
  uint64_t bytes_ = 0;
};

}  // namespace skein::core
