// Compares, for every exchange, the units that its producing tasks made with those that each consumer has taken: a
// difference is an error, never a short or double answer. Owned by a query's state; its thread only.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <vector>

#include <arrow/status.h>

#include "base/ids.h"
#include "exchange/consumer_ledger.h"
#include "plan/distributed_plan.h"

namespace skein::core {

class ExchangeAudit {
 public:
  /// Knows the units of exchanges that start from the client: one, of task 0. `plan` must outlive it.
  explicit ExchangeAudit(const DistributedPlan& plan);

  /// Records the units that a task of the producing stage has stored, also for the exchanges that read them again; once
  /// a task. Errors (internal): a unit twice, or consumers that were waiting to be compared differ.
  arrow::Status AddProducer(ExchangeId stored, uint32_t task, const std::vector<uint32_t>& units);
  /// Records what a consumer task has taken, compares it as soon as all producers are known; once a task. The client
  /// is task 0 of its exchange. Errors (internal): a difference.
  arrow::Status AddConsumer(ExchangeId exchange, uint32_t task, const IdSummary& taken);
  /// Records a consumer that stopped early: no coverage is claimed.
  void SkipConsumer(ExchangeId exchange, uint32_t task);
  /// Says whether all consumers of the exchange stopped early.
  bool AreAllSkipped(ExchangeId exchange) const;
  /// Checks that each of the consuming tasks (all stages, not the client) was compared or skipped.
  arrow::Status CheckComplete() const;
  /// Says whether all producing tasks of the exchange are known.
  bool IsMade(ExchangeId exchange) const;

 private:
  struct Edge {
    IdSummary made;
    std::set<uint32_t> producers;
    std::map<uint32_t, IdSummary> waiting;  // consumers that cannot be compared yet
    std::set<uint32_t> checked;
    std::set<uint32_t> skipped;
  };

  arrow::Status AddProducerTo(ExchangeId exchange, uint32_t task, const std::vector<uint32_t>& units);
  uint32_t ProducerCount(ExchangeId exchange) const;
  arrow::Status CompareWaiting(ExchangeId exchange);

  const DistributedPlan& plan_;
  std::vector<Edge> edges_;  // by exchange id
};

}  // namespace skein::core
