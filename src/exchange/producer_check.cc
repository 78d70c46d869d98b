#include "exchange/producer_check.h"

#include "base/error.h"

namespace skein::core {

std::string Describe(const Producer& producer) {
  return "task=" + std::to_string(producer.task) + " attempt=" + std::to_string(producer.attempt) +
         " worker=" + std::to_string(producer.worker) + " address=" + producer.address;
}

arrow::Status CheckProducer(const UnitReader::Item& item, const QueryId& query, ExchangeId exchange,
                            const Producer& producer) {
  if (item.kind == UnitReader::Item::kEnd) return arrow::Status::OK();
  const auto& key = item.kind == UnitReader::Item::kBlock ? item.unit : item.trailer.key;
  const UnitKey expected{query, exchange, producer.task, producer.attempt, producer.incarnation, key.unit};
  if (key == expected) return arrow::Status::OK();
  return Unavailable("unit of another producer: " + Describe(producer) + " unit_task=" + std::to_string(key.task) +
                     " unit_attempt=" + std::to_string(key.attempt) +
                     " same_incarnation=" + (key.incarnation == producer.incarnation ? "true" : "false"));
}

}  // namespace skein::core
