// One address of the data plane as a client of it sees it, and what the transport's errors become. Flight's calls wait
// without a limit and most cannot be cancelled before they have answered once; so a client first asks in the background
// whether the peer answers at all. Shared by all that read from the address or write to it; any thread may call.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <arrow/flight/client.h>
#include <arrow/flight/types_async.h>
#include <arrow/result.h>

#include "base/mutex.h"
#include "exchange/flight_channel.h"

namespace skein::core {

/// Makes an error of the transport one of Skein's. Errors of producers never come here: they travel as items.
arrow::Status TransportError(const std::string& what, const std::string& address, const arrow::Status& status);

/// Asks whether the peer answers, in the background. Owned by whoever waits and by the call.
class FlightPing : public arrow::flight::AsyncListener<arrow::flight::FlightInfo> {
 public:
  void OnNext(arrow::flight::FlightInfo info) override {}
  void OnFinish(arrow::Status status) override;

  /// Returns the outcome, or nothing when the time is over.
  std::optional<arrow::Status> Wait(std::chrono::milliseconds timeout);
  /// The same, but returns a Cancelled outcome soon after `is_cancelled` says so.
  std::optional<arrow::Status> Wait(std::chrono::milliseconds timeout, const std::function<bool()>& is_cancelled);

 private:
  Mutex mutex_;
  ConditionVariable finished_;
  std::optional<arrow::Status> status_ GUARDED_BY(mutex_);
};

class FlightConnection {
 public:
  static arrow::Result<std::shared_ptr<FlightConnection>> Make(const std::string& address,
                                                               FlightChannelOptions options);
  FlightConnection(std::unique_ptr<arrow::flight::FlightClient> client, FlightChannelOptions options);
  /// Waits for the pings, which end by their timeout at the latest: the client must outlive its calls.
  ~FlightConnection();

  /// Asks the peer for a sign of life; the answer comes within the connect timeout.
  std::shared_ptr<FlightPing> StartPing();
  arrow::flight::FlightClient& client() const { return *client_; }
  /// Returns call options that carry the secret.
  arrow::flight::FlightCallOptions CallOptions() const;

 private:
  const FlightChannelOptions options_;
  const std::unique_ptr<arrow::flight::FlightClient> client_;
  Mutex mutex_;
  std::vector<std::shared_ptr<FlightPing>> pings_ GUARDED_BY(mutex_);  // those that may not have finished
};

}  // namespace skein::core
