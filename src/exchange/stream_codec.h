// Between the items of a UnitReader and what travels beside the blocks (data.proto). Free functions; any thread.
#pragma once

#include <string>
#include <string_view>

#include <arrow/result.h>
#include <arrow/status.h>

#include "exchange/channel_resolver.h"
#include "exchange/retained_store.h"

namespace skein::core {

/// What one consumer asks one producer's worker for.
struct ReadRequest {
  QueryId query;
  ExchangeId exchange = 0;
  uint32_t task = 0;
  AttemptId attempt = 0;
  Incarnation incarnation = 0;
  PartitionRange range;
  bool operator==(const ReadRequest&) const = default;
};

std::string EncodeReadRequest(const ReadRequest& request);
arrow::Result<ReadRequest> DecodeReadRequest(std::string_view bytes);

/// Encodes and decodes the name of a unit that is uploaded.
std::string EncodeKey(const UnitKey& key);
arrow::Result<UnitKey> DecodeKey(std::string_view bytes);

/// Encodes everything of the item but the block's bytes.
std::string EncodeStreamItem(const UnitReader::Item& item);
/// Encodes an error with fault, retryability, cancellation and DuckDB's class. A foreign status becomes an internal
/// error. REQUIRES: not ok.
std::string EncodeStreamError(const arrow::Status& status);
/// Decodes either: an item (of a block without its bytes), or as its status the error that was sent.
/// `request` fills in what all keys of the stream have in common.
arrow::Result<UnitReader::Item> DecodeStreamItem(const ReadRequest& request, std::string_view bytes);

}  // namespace skein::core
