// The retained store of a process: it keeps the delivery units that tasks produced until their query ends, so that
// readers come when they like, twice or late, and no producer depends on a reader. Over its memory budget it appends
// blocks to an unlinked file; over its disk budget an append fails. Owned by the worker; any thread may call.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include <arrow/result.h>
#include <arrow/status.h>

#include "exchange/block.h"

namespace skein::core {

struct RetainedStoreOptions {
  uint64_t memory_bytes = uint64_t{1} << 30;
  uint64_t disk_bytes = uint64_t{64} << 30;
  /// Where the unlinked spill files are made; must exist.
  std::string directory = "/tmp";
};

struct RetainedStoreUsage {
  uint64_t units = 0;
  uint64_t memory_bytes = 0;
  uint64_t disk_bytes = 0;
  uint64_t queries = 0;
};

/// Names what one consumer task reads from one producer attempt.
struct ProducerKey {
  QueryId query;
  ExchangeId exchange = 0;
  uint32_t task = 0;
  AttemptId attempt = 0;
  auto operator<=>(const ProducerKey&) const = default;
};

/// Reads the closed units of one producer attempt, restricted to a range. One thread.
class UnitReader {
 public:
  /// What the next step of the reader brought.
  struct Item {
    enum Kind { kBlock, kTrailer, kEnd } kind = kEnd;
    UnitKey unit;         // of kBlock and kTrailer
    Block block;          // of kBlock
    UnitTrailer trailer;  // of kTrailer: all parts of the unit, also those out of the range
    uint32_t units = 0;   // of kEnd: how many units the producer closed
  };

  virtual ~UnitReader() = default;
  /// Waits at most `timeout` for the next item: the blocks of a unit that overlap the range, in sequence, then its
  /// trailer; kEnd after the last unit of a producer that has finished. Returns nothing when the time is over.
  /// Errors: the producer failed (its own status), the query was dropped (Cancelled), the spill file broke.
  virtual arrow::Result<std::optional<Item>> Next(std::chrono::milliseconds timeout) = 0;
};

class RetainedStore {
 public:
  static arrow::Result<std::unique_ptr<RetainedStore>> Make(RetainedStoreOptions options);
  virtual ~RetainedStore() = default;

  /// Opens a unit. The query must not have been dropped. REQUIRES: the key is new.
  virtual arrow::Status OpenUnit(const UnitKey& key) = 0;
  /// Appends one block to an open unit; assigns its sequence. Spills when the budget is used up, and always succeeds
  /// within the disk budget, whatever readers do. Errors: disk budget or disk full (WorldError), query dropped
  /// (Cancelled).
  virtual arrow::Status Append(const UnitKey& key, Block block) = 0;
  /// Closes a unit and makes it readable. Returns the finished trailer, parts computed from the appended blocks.
  virtual arrow::Result<UnitTrailer> CloseUnit(const UnitKey& key, std::vector<UnitInput> inputs) = 0;
  /// Declares that a producer attempt has no more units (ok) or failed; wakes its readers. Its open units are dropped.
  virtual void FinishProducer(const ProducerKey& key, arrow::Status status) = 0;

  /// Starts reading one producer attempt; it need not have begun.
  virtual arrow::Result<std::unique_ptr<UnitReader>> Read(const ProducerKey& key, PartitionRange range) = 0;

  /// Drops all of a query, wakes its readers with Cancelled and refuses its later units.
  virtual void DropQuery(const QueryId& query) = 0;
  virtual RetainedStoreUsage Usage() const = 0;
  /// Counts what a producer attempt has appended to the spill file; 0 where nothing is known of it.
  virtual uint64_t SpilledBytes(const ProducerKey& key) const = 0;
};

}  // namespace skein::core
