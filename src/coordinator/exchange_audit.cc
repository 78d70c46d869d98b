#include "coordinator/exchange_audit.h"

#include <string>

#include "base/error.h"

namespace skein::core {

ExchangeAudit::ExchangeAudit(const DistributedPlan& plan) : plan_(plan), edges_(plan.exchanges.size()) {
  for (const auto& exchange : plan.exchanges) {
    if (!exchange.is_from_client()) continue;
    edges_[exchange.id].producers.insert(0);
    edges_[exchange.id].made.Add(IdOf(UnitKey{}));
  }
}

uint32_t ExchangeAudit::ProducerCount(ExchangeId exchange) const {
  const auto& edge = plan_.exchange(exchange);
  return edge.is_from_client() ? 1 : plan_.stage(edge.producer).task_count;
}

bool ExchangeAudit::IsMade(ExchangeId exchange) const {
  return edges_[exchange].producers.size() == ProducerCount(exchange);
}

arrow::Status ExchangeAudit::AddProducer(ExchangeId stored, uint32_t task, const std::vector<uint32_t>& units) {
  for (const auto& exchange : plan_.exchanges) {
    if (exchange.stored_as() == stored) ARROW_RETURN_NOT_OK(AddProducerTo(exchange.id, task, units));
  }
  return arrow::Status::OK();
}

arrow::Status ExchangeAudit::AddProducerTo(ExchangeId exchange, uint32_t task, const std::vector<uint32_t>& units) {
  auto& edge = edges_[exchange];
  edge.producers.insert(task);
  std::set<uint32_t> seen;
  for (const uint32_t unit : units) {
    if (!seen.insert(unit).second) {
      return InternalError("exchange " + std::to_string(exchange) + ": producer task " + std::to_string(task) +
                           " reported unit " + std::to_string(unit) + " twice");
    }
    UnitKey key;
    key.task = task;
    key.unit = unit;
    edge.made.Add(IdOf(key));
  }
  return CompareWaiting(exchange);
}

arrow::Status ExchangeAudit::AddConsumer(ExchangeId exchange, uint32_t task, const IdSummary& taken) {
  edges_[exchange].waiting.emplace(task, taken);
  return CompareWaiting(exchange);
}

void ExchangeAudit::SkipConsumer(ExchangeId exchange, uint32_t task) {
  edges_[exchange].checked.insert(task);
  edges_[exchange].skipped.insert(task);
}

bool ExchangeAudit::AreAllSkipped(ExchangeId exchange) const {
  return edges_[exchange].skipped.size() == plan_.stage(plan_.exchange(exchange).consumer).task_count;
}

arrow::Status ExchangeAudit::CompareWaiting(ExchangeId exchange) {
  if (!IsMade(exchange)) return arrow::Status::OK();
  auto& edge = edges_[exchange];
  for (const auto& [task, taken] : edge.waiting) {
    edge.checked.insert(task);
    if (taken == edge.made) continue;
    const bool is_client = plan_.exchange(exchange).consumer == Exchange::kClient;
    const std::string consumer = is_client ? "the client" : "consumer task " + std::to_string(task);
    return InternalError("exchange " + std::to_string(exchange) + ": " + consumer + " took " +
                         std::to_string(taken.count) + " of " + std::to_string(edge.made.count) + " units" +
                         (taken.count == edge.made.count ? ", but others than were made" : ""));
  }
  edge.waiting.clear();
  return arrow::Status::OK();
}

arrow::Status ExchangeAudit::CheckComplete() const {
  for (const auto& exchange : plan_.exchanges) {
    if (exchange.consumer == Exchange::kClient || exchange.is_shared()) continue;
    for (uint32_t task = 0; task < plan_.stage(exchange.consumer).task_count; task++) {
      if (edges_[exchange.id].checked.contains(task)) continue;
      return InternalError("exchange " + std::to_string(exchange.id) + ": consumer task " + std::to_string(task) +
                           " reported no ledger");
    }
  }
  return arrow::Status::OK();
}

}  // namespace skein::core
