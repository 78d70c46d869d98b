#include "exchange/stream_codec.h"

#include <memory>
#include <utility>

#include "base/error.h"
#include "base/valid_text.h"
#include "exchange/data.pb.h"

namespace skein::core {
namespace {

void Encode(const PartitionRange& range, wire::Range& out) {
  out.set_low(range.low);
  out.set_high(range.high);
}

PartitionRange Decode(const wire::Range& range) { return {range.low(), range.high()}; }

void Encode(const UnitKey& key, wire::Unit& out) {
  out.set_task(key.task);
  out.set_attempt(key.attempt);
  out.set_incarnation(key.incarnation);
  out.set_unit(key.unit);
}

UnitKey Decode(const QueryId& query, ExchangeId exchange, const wire::Unit& unit) {
  return {query, exchange, unit.task(), unit.attempt(), unit.incarnation(), unit.unit()};
}

UnitKey Decode(const ReadRequest& request, const wire::Unit& unit) {
  return Decode(request.query, request.exchange, unit);
}

void Encode(const UnitReader::Item& item, wire::BlockFrame& out) {
  Encode(item.unit, *out.mutable_unit());
  Encode(item.block.range, *out.mutable_range());
  out.set_sequence(item.block.sequence);
  out.set_rows(item.block.rows);
  out.set_codec(static_cast<uint32_t>(item.block.codec));
  out.set_checksum(item.block.checksum);
}

void Decode(const ReadRequest& request, const wire::BlockFrame& frame, UnitReader::Item& out) {
  out.kind = UnitReader::Item::kBlock;
  out.unit = Decode(request, frame.unit());
  out.block.range = Decode(frame.range());
  out.block.sequence = frame.sequence();
  out.block.rows = frame.rows();
  out.block.codec = static_cast<BlockCodec>(frame.codec());
  out.block.checksum = frame.checksum();
}

void Encode(const UnitTrailer& trailer, wire::Trailer& out) {
  Encode(trailer.key, *out.mutable_unit());
  for (const auto& input : trailer.inputs) {
    auto& added = *out.add_inputs();
    added.set_scan(input.scan);
    added.set_split(input.split);
  }
  for (const auto& part : trailer.parts) {
    auto& added = *out.add_parts();
    Encode(part.range, *added.mutable_range());
    added.set_blocks(part.blocks);
    added.set_rows(part.rows);
    added.set_bytes(part.bytes);
    added.set_checksum(part.checksum);
  }
}

void Decode(const ReadRequest& request, const wire::Trailer& trailer, UnitReader::Item& out) {
  out.kind = UnitReader::Item::kTrailer;
  out.unit = out.trailer.key = Decode(request, trailer.unit());
  for (const auto& input : trailer.inputs()) out.trailer.inputs.push_back({input.scan(), input.split()});
  for (const auto& part : trailer.parts()) {
    out.trailer.parts.push_back({Decode(part.range()), part.blocks(), part.rows(), part.bytes(), part.checksum()});
  }
}

wire::StreamError::Fault Encode(Fault fault) {
  switch (fault) {
    case Fault::kUser:
      return wire::StreamError::USER;
    case Fault::kWorld:
      return wire::StreamError::WORLD;
    case Fault::kInternal:
      break;
  }
  return wire::StreamError::INTERNAL;
}

std::optional<uint64_t> PositionOf(const wire::StreamError& error) {
  constexpr uint64_t kMost =
      uint64_t{1} << 31;  // no statement is as long; DuckDB gives a database up over some numbers
  if (!error.has_query_position() || error.query_position() >= kMost) return std::nullopt;
  return error.query_position();
}

arrow::Status Decode(const wire::StreamError& error) {
  if (error.is_cancelled()) return CancelledError(error.message());
  switch (error.fault()) {
    case wire::StreamError::USER:
      return UserError(error.message(), error.duckdb_type(), PositionOf(error));
    case wire::StreamError::WORLD:
      return error.is_retryable() ? Unavailable(error.message()) : WorldError(error.message());
    default:
      return InternalError(error.message());
  }
}

}  // namespace

std::string EncodeReadRequest(const ReadRequest& request) {
  wire::ReadUnits out;
  out.set_query(request.query.ToBytes());
  out.set_exchange(request.exchange);
  out.set_task(request.task);
  out.set_attempt(request.attempt);
  out.set_incarnation(request.incarnation);
  Encode(request.range, *out.mutable_range());
  return out.SerializeAsString();
}

arrow::Result<ReadRequest> DecodeReadRequest(std::string_view bytes) {
  wire::ReadUnits in;
  if (!in.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return InternalError("malformed ticket: bytes=" + std::to_string(bytes.size()));
  }
  ReadRequest request;
  ARROW_ASSIGN_OR_RAISE(request.query, QueryId::FromBytes(in.query()));
  request.exchange = in.exchange();
  request.task = in.task();
  request.attempt = in.attempt();
  request.incarnation = in.incarnation();
  request.range = Decode(in.range());
  return request;
}

std::string EncodeKey(const UnitKey& key) {
  wire::WriteUnit out;
  out.set_query(key.query.ToBytes());
  out.set_exchange(key.exchange);
  Encode(key, *out.mutable_unit());
  return out.SerializeAsString();
}

arrow::Result<UnitKey> DecodeKey(std::string_view bytes) {
  wire::WriteUnit in;
  if (!in.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return InternalError("malformed name of a unit: bytes=" + std::to_string(bytes.size()));
  }
  ARROW_ASSIGN_OR_RAISE(const auto query, QueryId::FromBytes(in.query()));
  return Decode(query, in.exchange(), in.unit());
}

std::string EncodeStreamItem(const UnitReader::Item& item) {
  wire::StreamItem out;
  switch (item.kind) {
    case UnitReader::Item::kBlock:
      Encode(item, *out.mutable_block());
      break;
    case UnitReader::Item::kTrailer:
      Encode(item.trailer, *out.mutable_trailer());
      break;
    case UnitReader::Item::kEnd:
      out.mutable_end()->set_units(item.units);
      break;
  }
  return out.SerializeAsString();
}

std::string EncodeStreamError(const arrow::Status& status) {
  wire::StreamItem out;
  auto& error = *out.mutable_error();
  const auto* detail = DetailOf(status);
  error.set_fault(Encode(detail ? detail->fault() : Fault::kInternal));
  error.set_is_retryable(detail && detail->is_retryable());
  error.set_is_cancelled(status.IsCancelled());
  error.set_duckdb_type(detail ? detail->duckdb_type() : "");
  if (detail && detail->query_position()) error.set_query_position(*detail->query_position());
  error.set_message(ValidText(detail ? status.message() : status.ToString()));
  return out.SerializeAsString();
}

arrow::Result<UnitReader::Item> DecodeStreamItem(const ReadRequest& request, std::string_view bytes) {
  wire::StreamItem in;
  if (!in.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return Unavailable("malformed stream item: bytes=" + std::to_string(bytes.size()));
  }
  UnitReader::Item item;
  switch (in.item_case()) {
    case wire::StreamItem::kBlock:
      Decode(request, in.block(), item);
      return item;
    case wire::StreamItem::kTrailer:
      Decode(request, in.trailer(), item);
      return item;
    case wire::StreamItem::kEnd:
      item.kind = UnitReader::Item::kEnd;
      item.units = in.end().units();
      return item;
    case wire::StreamItem::kError:
      return Decode(in.error());
    case wire::StreamItem::ITEM_NOT_SET:
      break;
  }
  return Unavailable("empty stream item");
}

}  // namespace skein::core
