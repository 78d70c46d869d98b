#include "exchange/flight_connection.h"

#include <algorithm>
#include <cstdlib>
#include <utility>

#include <arrow/flight/transport.h>

#include "base/error.h"
#include "exchange/flight_auth.h"

namespace skein::core {
namespace {

namespace flight = arrow::flight;

/// How soon a wait notices that it was cancelled.
constexpr std::chrono::milliseconds kCancelInterval{50};

/// A peer that froze is noticed, at the latest, by a ping of the transport. gRPC's server takes more pings than one in
/// five minutes for an attack and hangs up, also while a stream waits for its producer or for its reader; and Flight
/// has no way to allow it more. What is noticed sooner is the control plane's business: its loss ends the query's
/// reads.
constexpr int kKeepaliveMs = 320'000;
constexpr int kKeepaliveTimeoutMs = 20'000;

bool IsUnauthenticated(const arrow::Status& status) {
  const auto flight_detail = flight::FlightStatusDetail::UnwrapStatus(status);
  if (flight_detail) return flight_detail->code() == flight::FlightStatusCode::Unauthenticated;
  const auto transport = flight::TransportStatusDetail::Unwrap(status);
  return transport && transport->get().code() == flight::TransportStatusCode::kUnauthenticated;
}

}  // namespace

arrow::Status TransportError(const std::string& what, const std::string& address, const arrow::Status& status) {
  if (IsUnauthenticated(status)) return WorldError("secret refused: address=" + address);
  return Unavailable(what + ": address=" + address + " error=" + status.message());
}

void FlightPing::OnFinish(arrow::Status status) {
  MutexLock lock(mutex_);
  status_ = std::move(status);
  finished_.NotifyAll();
}

std::optional<arrow::Status> FlightPing::Wait(std::chrono::milliseconds timeout) {
  MutexLock lock(mutex_);
  finished_.WaitFor(mutex_, timeout, [this]() REQUIRES(mutex_) { return status_.has_value(); });
  return status_;
}

std::optional<arrow::Status> FlightPing::Wait(std::chrono::milliseconds timeout,
                                              const std::function<bool()>& is_cancelled) {
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  while (true) {
    if (is_cancelled()) return CancelledError("cancelled while connecting");
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    auto answer = Wait(std::clamp(left, std::chrono::milliseconds{0}, kCancelInterval));
    if (answer || left.count() <= 0) return answer;
  }
}

arrow::Result<std::shared_ptr<FlightConnection>> FlightConnection::Make(const std::string& address,
                                                                        FlightChannelOptions options) {
  auto reached_at = address;
  if (options.reached_at) {
    ARROW_ASSIGN_OR_RAISE(reached_at, options.reached_at(address));
  }
  const auto colon = reached_at.rfind(':');
  if (colon == std::string::npos) return UserError("not host:port: address=" + reached_at);
  const int port = std::atoi(reached_at.c_str() + colon + 1);
  ARROW_ASSIGN_OR_RAISE(const auto location, flight::Location::ForGrpcTcp(reached_at.substr(0, colon), port));
  auto client_options = flight::FlightClientOptions::Defaults();
  client_options.generic_options.emplace_back("grpc.max_receive_message_length", -1);
  client_options.generic_options.emplace_back("grpc.max_send_message_length", -1);
  client_options.generic_options.emplace_back("grpc.keepalive_time_ms", kKeepaliveMs);
  client_options.generic_options.emplace_back("grpc.keepalive_timeout_ms", kKeepaliveTimeoutMs);
  auto client = flight::FlightClient::Connect(location, client_options);
  if (!client.ok()) return TransportError("cannot connect", address, client.status());
  return std::make_shared<FlightConnection>(std::move(*client), std::move(options));
}

FlightConnection::FlightConnection(std::unique_ptr<flight::FlightClient> client, FlightChannelOptions options)
    : options_(std::move(options)), client_(std::move(client)) {}

FlightConnection::~FlightConnection() {
  for (const auto& ping : pings_) ping->Wait(2 * options_.connect_timeout);
}

std::shared_ptr<FlightPing> FlightConnection::StartPing() {
  auto ping = std::make_shared<FlightPing>();
  {
    MutexLock lock(mutex_);
    std::erase_if(pings_, [](const auto& old) { return old->Wait(std::chrono::milliseconds{0}).has_value(); });
    pings_.push_back(ping);
  }
  auto call = CallOptions();
  call.timeout = std::chrono::duration<double>(options_.connect_timeout);
  client_->GetFlightInfoAsync(call, flight::FlightDescriptor::Command(""), ping);
  return ping;
}

flight::FlightCallOptions FlightConnection::CallOptions() const {
  flight::FlightCallOptions call;
  AddSecret(options_.secret, call);
  return call;
}

}  // namespace skein::core
