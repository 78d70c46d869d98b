#include "plan/distributed_plan.h"

#include <algorithm>

#include "base/error.h"

namespace skein::core {
namespace {

arrow::Status CheckRanges(const Exchange& exchange, uint32_t consumers) {
  const auto where = "exchange " + std::to_string(exchange.id) + ": ";
  const size_t expected = exchange.is_partitioned() ? consumers : 1;
  if (exchange.ranges.size() != expected) {
    return InternalError(where + std::to_string(exchange.ranges.size()) + " ranges, expected " +
                         std::to_string(expected));
  }
  uint64_t at = 0;
  for (const auto& range : exchange.ranges) {
    if (range.low != at || range.IsEmpty()) return InternalError(where + "ranges overlap or leave a gap");
    at = range.high;
  }
  if (at != PartitionRange::kEnd) return InternalError(where + "ranges do not cover the hash space");
  return arrow::Status::OK();
}

bool HasInput(const Stage& stage, ExchangeId id) {
  return std::find(stage.inputs.begin(), stage.inputs.end(), id) != stage.inputs.end();
}

bool HasProducer(const Exchange& exchange, const std::vector<Stage>& stages) {
  if (exchange.is_from_client()) return exchange.consumer != Exchange::kClient;
  return exchange.producer < stages.size() && stages[exchange.producer].output == exchange.stored_as();
}

/// Where an exchange reads what another one stored: a partition of its own only out of the same partitions.
arrow::Status CheckShared(const Exchange& exchange, const std::vector<Exchange>& exchanges) {
  const auto where = "exchange " + std::to_string(exchange.id) + ": ";
  const ExchangeId stored = exchange.stored_as();
  if (stored >= exchanges.size() || !exchanges[stored].is_shared())
    return InternalError(where + "reads what is not shared");
  if (exchange.is_partitioned() && exchange.ranges != exchanges[stored].ranges) {
    return InternalError(where + "has other partitions than what it reads");
  }
  return arrow::Status::OK();
}

/// Says whether the exchange's rows are not there yet when `stage` stands in the order of the plan.
bool IsMadeTooLate(const Exchange& exchange, size_t stage) {
  return !exchange.is_from_client() && exchange.producer >= stage;
}

}  // namespace

std::vector<PartitionRange> Exchange::RangesMadeBy(uint32_t task) const {
  if (kind == ExchangeKind::kForward) return {ranges[task % ranges.size()]};
  return ranges;
}

arrow::Status DistributedPlan::Validate() const {
  if (stages.empty()) return InternalError("a plan needs a stage");
  uint32_t client_edges = 0;
  for (size_t i = 0; i < exchanges.size(); i++) {
    const auto& exchange = exchanges[i];
    if (exchange.id != i) return InternalError("exchange " + std::to_string(i) + " has another id");
    if (!HasProducer(exchange, stages)) {
      return InternalError("exchange " + std::to_string(i) + " has no producer");
    }
    if (exchange.shared_from) ARROW_RETURN_NOT_OK(CheckShared(exchange, exchanges));
    if (exchange.is_shared()) {
      ARROW_RETURN_NOT_OK(CheckRanges(exchange, static_cast<uint32_t>(exchange.ranges.size())));
      continue;
    }
    if (exchange.consumer == Exchange::kClient) {
      client_edges++;
      ARROW_RETURN_NOT_OK(CheckRanges(exchange, 1));
      continue;
    }
    if (exchange.consumer >= stages.size() || !HasInput(stages[exchange.consumer], exchange.id)) {
      return InternalError("exchange " + std::to_string(i) + " has no consumer");
    }
    const auto& consumer = stages[exchange.consumer];
    if (exchange.kind == ExchangeKind::kGather && consumer.task_count != 1) {
      return InternalError("exchange " + std::to_string(i) + " gathers into several tasks");
    }
    ARROW_RETURN_NOT_OK(CheckRanges(exchange, consumer.task_count));
  }
  if (client_edges != 1) return InternalError("a plan feeds the client through exactly one exchange");
  for (size_t i = 0; i < stages.size(); i++) {
    if (stages[i].id != i) return InternalError("stage " + std::to_string(i) + " has another id");
    if (stages[i].task_count == 0) return InternalError("stage " + std::to_string(i) + " has no task");
    for (auto input : stages[i].inputs) {
      if (input >= exchanges.size() || exchanges[input].consumer != i || IsMadeTooLate(exchanges[input], i)) {
        return InternalError("stage " + std::to_string(i) + " has a wrong input");
      }
    }
  }
  return arrow::Status::OK();
}

const char* ToString(ExchangeKind kind) {
  switch (kind) {
    case ExchangeKind::kGather:
      return "gather";
    case ExchangeKind::kHash:
      return "hash";
    case ExchangeKind::kBroadcast:
      return "broadcast";
    case ExchangeKind::kRange:
      return "range";
    case ExchangeKind::kRoundRobin:
      return "round-robin";
    case ExchangeKind::kForward:
      return "forward";
  }
  return "?";
}

const char* ToString(ReplayClass replay_class) {
  switch (replay_class) {
    case ReplayClass::kStream:
      return "stream";
    case ReplayClass::kHold:
      return "hold";
    case ReplayClass::kAgree:
      return "agree";
  }
  return "?";
}

}  // namespace skein::core
