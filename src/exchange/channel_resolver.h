// How a consumer gets a connection to the worker that retains a producer's units. One implementation over Flight
// (flight_channel.h), one over a Unix socket for readers on the same host (host_channel.h), one in memory for tests and
// for readers in the same worker (local_channel.h).
#pragma once

#include <memory>
#include <string>

#include <arrow/result.h>

#include "exchange/retained_store.h"

namespace skein::core {

/// One producer attempt and where its units are.
struct Producer {
  /// Data address of its worker, "host:port".
  std::string address;
  /// Worker number, for messages only.
  uint32_t worker = 0;
  uint32_t task = 0;
  AttemptId attempt = 0;
  Incarnation incarnation = 0;
  auto operator<=>(const Producer&) const = default;
};

/// An open read of one producer's units; the same contract as a local UnitReader, and Cancel from any thread.
class BlockStream {
 public:
  virtual ~BlockStream() = default;
  /// Like UnitReader::Next. Errors besides: the connection broke or the peer is gone (Unavailable).
  virtual arrow::Result<std::optional<UnitReader::Item>> Next(std::chrono::milliseconds timeout) = 0;
  /// Makes a waiting or later Next return Cancelled soon. Any thread.
  virtual void Cancel() = 0;
};

class ChannelResolver {
 public:
  virtual ~ChannelResolver() = default;
  /// Opens a stream of the units of `producer` in `exchange` that overlap `range`.
  virtual arrow::Result<std::unique_ptr<BlockStream>> Open(const QueryId& query, ExchangeId exchange,
                                                           const Producer& producer, PartitionRange range) = 0;
};

}  // namespace skein::core
