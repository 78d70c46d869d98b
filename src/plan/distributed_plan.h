// A query cut into stages at explicit exchanges, as a plain value: no DuckDB, no addresses, no I/O. It can be printed,
// compared and checked; the fragments that the stages run are opaque bytes kept beside it (planner/planned_query.h).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <arrow/status.h>

#include "base/ids.h"
#include "plan/partition_range.h"

namespace skein::core {

enum class ExchangeKind {
  kGather,
  kHash,
  kBroadcast,
  kRange,       // a key gives the number of a row's partition
  kRoundRobin,  // each block has one of the ranges, whatever its rows are
  kForward      // rows of task i go to task i: at the same worker, by pointer
};

/// Says what recovery may do with the output of a stage (DESIGN: replay classes).
enum class ReplayClass {
  kStream,  // exact, streaming operators only: units may be consumed while the attempt runs
  kHold,    // exact: readable when the attempt ends
  kAgree    // not exact: complete at every consumer before it is released
};

/// One edge of the stage graph.
struct Exchange {
  ExchangeId id = 0;
  ExchangeKind kind = ExchangeKind::kGather;
  /// Rows arrive in the order in which the single producer made them.
  bool is_ordered = false;
  /// Each producer task makes its rows in the same order, and the consumer merges them.
  bool is_merged = false;
  /// kClient where the rows come from the client's own process: then no stage makes them.
  StageId producer = 0;
  /// kClient where the rows go to the client's own plan; kShared where others read them again.
  StageId consumer = 0;
  /// Set where the exchange stores nothing of its own but reads what a shared one stored, in its own way: a partition a
  /// task where both are partitioned, all of it otherwise.
  std::optional<ExchangeId> shared_from;
  /// Why the client reads the rows that come from it, as text for people; else empty.
  std::string client_reason;
  /// What is hashed, as text for people: "#0, #1".
  std::string keys;
  /// One range a consumer task for kHash, kRange, kRoundRobin and kForward; one whole range for kGather and kBroadcast.
  std::vector<PartitionRange> ranges;
  bool operator==(const Exchange&) const = default;

  static constexpr StageId kClient = UINT32_MAX;
  static constexpr StageId kShared = UINT32_MAX - 1;

  bool is_shared() const { return consumer == kShared; }
  /// The exchange under which the rows are stored.
  ExchangeId stored_as() const { return shared_from.value_or(id); }
  bool is_from_client() const { return producer == kClient; }
  /// Says whether each consumer task reads a range of its own.
  bool is_partitioned() const { return kind != ExchangeKind::kGather && kind != ExchangeKind::kBroadcast; }
  /// Returns what task `task` of the consumer reads.
  PartitionRange RangeReadBy(uint32_t task) const { return is_partitioned() ? ranges[task] : PartitionRange::All(); }
  /// Returns the ranges that task `task` of the producer fills.
  std::vector<PartitionRange> RangesMadeBy(uint32_t task) const;
};

/// One line of a stage's tree: "HASH_JOIN inner" under its parent by depth.
struct OperatorSummary {
  uint32_t depth = 0;
  std::string name;
  std::string detail;
  /// What DuckDB expects the operator to give, over all tasks; nothing where it has not said.
  std::optional<uint64_t> estimated_rows;
  /// The input that a leaf reads, if it reads one.
  std::optional<ExchangeId> exchange;
  /// The scan of the split ledger that a leaf reads, if it reads one.
  std::optional<ScanId> scan;
  bool operator==(const OperatorSummary&) const = default;
};

/// One scan of a stage that is fed by the split ledger.
struct ScanSummary {
  ScanId id = 0;
  std::string name;
  bool operator==(const ScanSummary&) const = default;
};

/// One fragment and the tasks that run it.
struct Stage {
  StageId id = 0;
  uint32_t task_count = 1;
  std::vector<ExchangeId> inputs;
  ExchangeId output = 0;
  std::vector<ScanSummary> scans;
  ReplayClass replay_class = ReplayClass::kHold;
  /// An operator of the stage sees all of its input before it gives a row.
  bool is_barrier = false;
  /// Why the stage has a single task although its input is distributed; empty otherwise.
  std::string single_reason;
  /// In preorder, the root first.
  std::vector<OperatorSummary> operators;
  bool operator==(const Stage&) const = default;
};

/// The plan. Stages are in an order in which producers stand before their consumers; the last one feeds the client.
struct DistributedPlan {
  static constexpr uint32_t kVersion = 1;

  uint32_t version = kVersion;
  std::vector<Stage> stages;
  std::vector<Exchange> exchanges;
  bool operator==(const DistributedPlan&) const = default;

  const Stage& stage(StageId id) const { return stages[id]; }
  const Exchange& exchange(ExchangeId id) const { return exchanges[id]; }

  /// Checks the shape: ids are positions, every edge has both ends, ranges are disjoint and cover the hash space,
  /// task counts fit them, exactly one exchange goes to the client and a stage makes it, any number come from the
  /// client. Returns an internal error that names the breach.
  arrow::Status Validate() const;
};

const char* ToString(ExchangeKind kind);
const char* ToString(ReplayClass replay_class);

}  // namespace skein::core
