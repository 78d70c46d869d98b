// The data plane over Arrow Flight: a server that serves the units of a RetainedStore by DoGet and takes units by
// DoExchange (unit_upload.h), and the resolver that reads from it. A block travels as a record batch with one uint8
// column, its frame as protobuf in app_metadata (data.proto); so its bytes are never copied into a message. Every call
// carries the cluster's secret.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include <arrow/result.h>

#include "exchange/channel_resolver.h"
#include "exchange/retained_store.h"

namespace skein::core {

class DataServer {
 public:
  /// Listens on host:port (port 0: any free one) and serves until destroyed. `store` must outlive it.
  /// Errors: the address is in use or invalid (WorldError that names it).
  static arrow::Result<std::unique_ptr<DataServer>> Start(const std::string& host, int port, std::string secret,
                                                          RetainedStore& store);
  virtual ~DataServer() = default;
  virtual int port() const = 0;
};

struct FlightChannelOptions {
  std::string secret;
  std::chrono::milliseconds connect_timeout{5000};
  /// Longest time without a step of an upload.
  std::chrono::milliseconds stall_timeout{60000};
  /// Maps an address to the one that this process reaches it under; empty: as it is. Any thread.
  std::function<arrow::Result<std::string>(const std::string&)> reached_at = {};
};

/// Keeps one connection an address, opened at first use, closed with the resolver. Open itself never waits: a stream
/// connects in its first Next. Errors of Next: the address cannot be reached or the connection broke (Unavailable), the
/// secret is refused (WorldError), all naming the address; those of the producer, as they are.
/// Once connected, Next may wait longer than its timeout, until an item, an error or Cancel: Flight's streams have no
/// timed read.
std::shared_ptr<ChannelResolver> MakeFlightChannelResolver(FlightChannelOptions options);

}  // namespace skein::core
