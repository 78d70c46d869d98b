#include "worker/wire_convert.h"

#include <string>

#include "base/error.h"
#include "base/valid_text.h"

namespace skein::core {
namespace {

wire::Error::Fault ToWire(Fault fault) {
  switch (fault) {
    case Fault::kUser:
      return wire::Error::USER;
    case Fault::kWorld:
      return wire::Error::WORLD;
    case Fault::kInternal:
      return wire::Error::INTERNAL;
  }
  return wire::Error::INTERNAL;
}

std::optional<uint64_t> PositionOf(const wire::Error& error) {
  constexpr uint64_t kMost =
      uint64_t{1} << 31;  // no statement is as long; DuckDB gives a database up over some numbers
  if (!error.has_query_position() || error.query_position() >= kMost) return std::nullopt;
  return error.query_position();
}

}  // namespace

wire::TaskName ToWire(const TaskKey& key) {
  wire::TaskName name;
  name.set_query(key.query.ToBytes());
  name.set_stage(key.stage);
  name.set_task(key.task);
  name.set_attempt(key.attempt);
  name.set_incarnation(key.incarnation);
  return name;
}

arrow::Result<TaskKey> FromWire(const wire::TaskName& name) {
  TaskKey key;
  ARROW_ASSIGN_OR_RAISE(key.query, QueryId::FromBytes(name.query()));
  key.stage = name.stage();
  key.task = name.task();
  key.attempt = name.attempt();
  key.incarnation = name.incarnation();
  return key;
}

wire::Error ToWire(const arrow::Status& status) {
  wire::Error error;
  const ErrorDetail* detail = DetailOf(status);
  error.set_fault(detail ? ToWire(detail->fault()) : wire::Error::INTERNAL);
  error.set_is_retryable(detail && detail->is_retryable());
  error.set_is_cancelled(status.IsCancelled());
  if (detail) error.set_duckdb_type(detail->duckdb_type());
  if (detail && detail->query_position()) error.set_query_position(*detail->query_position());
  error.set_message(ValidText(status.message()));
  return error;
}

arrow::Status FromWire(const wire::Error& error) {
  if (error.is_cancelled()) return CancelledError(error.message());
  switch (error.fault()) {
    case wire::Error::USER:
      return UserError(error.message(), error.duckdb_type(), PositionOf(error));
    case wire::Error::WORLD:
      return arrow::Status(arrow::StatusCode::IOError, error.message(),
                           std::make_shared<ErrorDetail>(Fault::kWorld, error.is_retryable(), error.duckdb_type()));
    default:
      return InternalError(error.message());
  }
}

wire::HashRange ToWire(const PartitionRange& range) {
  wire::HashRange out;
  out.set_low(range.low);
  out.set_high(range.high);
  return out;
}

PartitionRange FromWire(const wire::HashRange& range) { return {range.low(), range.high()}; }

wire::ProducerAt ToWire(const Producer& producer) {
  wire::ProducerAt out;
  out.set_address(producer.address);
  out.set_worker(producer.worker);
  out.set_task(producer.task);
  out.set_attempt(producer.attempt);
  out.set_incarnation(producer.incarnation);
  return out;
}

Producer FromWire(const wire::ProducerAt& producer) {
  return {producer.address(), producer.worker(), producer.task(), producer.attempt(), producer.incarnation()};
}

wire::SplitMessage ToWire(const Split& split) {
  wire::SplitMessage out;
  out.set_id(split.id);
  out.set_payload(split.payload);
  out.set_rows(split.rows);
  return out;
}

Split FromWire(const wire::SplitMessage& split) { return {split.id(), split.payload(), split.rows()}; }

wire::OperatorFigures ToWire(const OperatorFigures& figures) {
  wire::OperatorFigures out;
  out.set_depth(figures.depth);
  out.set_name(ValidText(figures.name));
  out.set_rows(figures.rows);
  out.set_time_us(figures.time_us);
  return out;
}

OperatorFigures FromWire(const wire::OperatorFigures& figures) {
  return {figures.depth(), figures.name(), figures.rows(), figures.time_us()};
}

}  // namespace skein::core
