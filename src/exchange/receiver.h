// Receives one input exchange for one consumer task: pulls the units of all producers through a ChannelResolver on its
// own threads into a bounded queue, checks them with a ConsumerLedger, and hands out blocks without ever blocking the
// caller. The set of producers can be amended while it runs. Owned by the task; any thread may call.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include <arrow/result.h>

#include "exchange/channel_resolver.h"
#include "exchange/consumer_ledger.h"

namespace skein::core {

struct ReceiverOptions {
  QueryId query;
  ExchangeId exchange = 0;
  PartitionRange range;
  /// Number of tasks of the producing stage: what coverage means.
  uint32_t producer_tasks = 0;
  /// Units of task 0 before those of task 1, blocks in sequence.
  bool is_ordered = false;
  /// The producers' rows are runs to be merged: see Receiver::Runs.
  bool is_merged = false;
  /// Number of the first of the producing tasks.
  uint32_t first_task = 0;
  /// At least one block is always admitted.
  uint64_t queue_bytes = uint64_t{16} << 20;
};

struct ReceivedBlock {
  Block block;
  UnitKey unit;
};

/// What TryTake found.
struct ReceiverPoll {
  enum State { kBlock, kPending, kFinished } state = kPending;
  ReceivedBlock received;
};

class Receiver {
 public:
  static std::unique_ptr<Receiver> Make(ReceiverOptions options, std::shared_ptr<ChannelResolver> resolver);
  /// Cancels and joins its threads; returns within a second.
  virtual ~Receiver() = default;

  /// Adds producers and starts to read them; known ones are ignored. A second attempt of a task may stand beside the
  /// first. A stream waits without limit for its producer to go on: who watches the workers calls Fail.
  virtual void AddProducers(const std::vector<Producer>& producers) = 0;
  /// Takes a block if one is there. Returns kFinished once every unit was taken and coverage is proved; after an error
  /// always that error. Where it returns kPending, `wake` is kept and called once, from another thread and without a
  /// lock held, as soon as a further call may bring something else.
  virtual arrow::Result<ReceiverPoll> TryTake(std::function<void()> wake) = 0;
  /// Ends with `status` (not ok): the waiting and all later calls get it.
  virtual void Fail(arrow::Status status) = 0;
  /// Declares that the consumer wants no more rows: stops the streams; later calls give kFinished.
  virtual void Stop() = 0;

  /// Returns a receiver for each producer task where `is_merged` was asked for, else none. They live as long as this
  /// one.
  virtual std::vector<Receiver*> Runs() { return {}; }

  /// What was taken so far.
  virtual IdSummary summary() const = 0;
  virtual uint64_t rows() const = 0;
  virtual uint64_t bytes() const = 0;
};

}  // namespace skein::core
