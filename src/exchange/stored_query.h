// What a retained store holds of one query: its producers, their units and their blocks. Values; guarded by the mutex
// of the store, which owns them together with those who read.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <vector>

#include <arrow/status.h>

#include "base/error.h"
#include "base/mutex.h"
#include "exchange/retained_store.h"
#include "exchange/spill_file.h"

namespace skein::core {

/// A block whose data is either in memory or at `offset` of the query's file.
struct StoredBlock {
  Block block;
  uint64_t bytes = 0;
  uint64_t offset = 0;
  bool is_spilled() const { return block.data == nullptr; }
};

/// Changed under the store's mutex until it is closed, then constant.
struct StoredUnit {
  UnitTrailer trailer;
  std::vector<StoredBlock> blocks;
  uint64_t memory_bytes = 0;
  uint32_t pending_writes = 0;
  arrow::Status broken;
};

struct StoredProducer {
  std::map<uint32_t, std::shared_ptr<StoredUnit>> open;
  std::vector<std::shared_ptr<const StoredUnit>> closed;
  std::set<uint32_t> closed_numbers;
  bool is_finished = false;
  uint64_t spilled_bytes = 0;
  arrow::Status status;
};

/// Guarded by the store's mutex.
struct StoredQuery {
  QueryId id;
  std::map<ProducerKey, StoredProducer> producers;
  std::shared_ptr<SpillFile> file;
  uint64_t memory_bytes = 0;
  uint64_t disk_bytes = 0;
  bool is_dropped = false;
  ConditionVariable changed;
};

/// The end of whoever still reads or writes a query that was dropped.
inline arrow::Status Dropped(const QueryId& query) {
  return CancelledError("query dropped: query=" + query.ToString());
}

}  // namespace skein::core
