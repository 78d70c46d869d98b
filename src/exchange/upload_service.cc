#include "exchange/upload_service.h"

#include <string>
#include <utility>

#include <arrow/record_batch.h>

#include "base/error.h"
#include "exchange/block_batch.h"
#include "exchange/stream_codec.h"
#include "exchange/unit_totals.h"

namespace skein::core {
namespace {

namespace flight = arrow::flight;
using Item = UnitReader::Item;

std::string Describe(const UnitKey& key) {
  return "exchange=" + std::to_string(key.exchange) + " task=" + std::to_string(key.task) +
         " unit=" + std::to_string(key.unit);
}

arrow::Result<Item> NextItem(flight::FlightMessageReader& reader, const UnitKey& key) {
  const auto chunk = reader.Next();
  if (!chunk.ok()) return Unavailable("upload broke: " + Describe(key) + " error=" + chunk.status().message());
  if (!chunk->app_metadata) return Unavailable("upload ended without its end: " + Describe(key));
  ReadRequest request;
  request.query = key.query;
  request.exchange = key.exchange;
  ARROW_ASSIGN_OR_RAISE(auto item, DecodeStreamItem(request, std::string_view(*chunk->app_metadata)));
  if (item.kind == Item::kEnd || item.unit != key) return InternalError("upload of another unit: " + Describe(key));
  if (item.kind == Item::kBlock) {
    ARROW_ASSIGN_OR_RAISE(item.block.data, DataOf(chunk->data.get()));
  }
  return item;
}

arrow::Status CheckBlock(const UnitKey& key, const Block& block, uint64_t expected_sequence) {
  const auto where = Describe(key) + " sequence=" + std::to_string(block.sequence);
  if (block.sequence != expected_sequence) {
    return Unavailable("uploaded block out of order: " + where + " expected=" + std::to_string(expected_sequence));
  }
  if (ChecksumOf(*block.data) != block.checksum) return Unavailable("uploaded block has a wrong checksum: " + where);
  return arrow::Status::OK();
}

/// Reads to the end of the stream: a peer whose write fails would not see what was answered to it. It hangs up as soon
/// as it has seen that.
void WaitForEnd(flight::FlightMessageReader& reader) {
  auto chunk = reader.Next();
  while (chunk.ok() && chunk->app_metadata) chunk = reader.Next();
}

/// Takes the blocks and the trailer of an open unit, and closes it.
arrow::Result<UnitTrailer> TakeUnit(flight::FlightMessageReader& reader, const UnitKey& key, RetainedStore& store) {
  UnitTotals taken;
  while (true) {
    ARROW_ASSIGN_OR_RAISE(auto item, NextItem(reader, key));
    if (item.kind == Item::kBlock) {
      ARROW_RETURN_NOT_OK(CheckBlock(key, item.block, taken.blocks));
      taken.Add(item.block);
      ARROW_RETURN_NOT_OK(store.Append(key, std::move(item.block)));
      continue;
    }
    const auto sent = UnitTotals::Of(item.trailer);
    if (taken == sent) return store.CloseUnit(key, std::move(item.trailer.inputs));
    return Unavailable("upload truncated: " + Describe(key) + " " + taken.ToString() + ", expected " + sent.ToString());
  }
}

arrow::Result<UnitTrailer> TakeUpload(flight::FlightMessageReader& reader, RetainedStore& store) {
  ARROW_ASSIGN_OR_RAISE(const auto key, DecodeKey(reader.descriptor().cmd));
  // A unit that another upload has opened stays as it is.
  ARROW_RETURN_NOT_OK(store.OpenUnit(key));
  auto trailer = TakeUnit(reader, key, store);
  store.FinishProducer({key.query, key.exchange, key.task, key.attempt}, trailer.status());
  return trailer;
}

}  // namespace

arrow::Status ServeUpload(flight::FlightMessageReader& reader, flight::FlightMessageWriter& writer,
                          RetainedStore& store) {
  auto trailer = TakeUpload(reader, store);
  if (!trailer.ok()) {
    ARROW_RETURN_NOT_OK(writer.WriteMetadata(arrow::Buffer::FromString(EncodeStreamError(trailer.status()))));
    WaitForEnd(reader);
    return arrow::Status::OK();
  }
  Item item;
  item.kind = Item::kTrailer;
  item.unit = trailer->key;
  item.trailer = std::move(*trailer);
  return writer.WriteMetadata(arrow::Buffer::FromString(EncodeStreamItem(item)));
}

}  // namespace skein::core
