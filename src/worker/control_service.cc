#include "worker/control_service.h"

#include <chrono>
#include <utility>
#include <vector>

#include <arrow/flight/server.h>

#include "base/error.h"
#include "exchange/flight_auth.h"
#include "worker/flight_peer.h"
#include "worker/wire_convert.h"
#include "worker/worker_log.h"

namespace skein::core {
namespace {

namespace flight = arrow::flight;

constexpr uint64_t kOutboxBytes = uint64_t{64} << 20;
constexpr std::chrono::milliseconds kShutdownTimeout{200};

/// Reads the next message; false at the end of the stream, however it came.
bool ReadMessage(flight::FlightMessageReader& reader, wire::ToWorker& message) {
  auto chunk = reader.Next();
  if (!chunk.ok() || !chunk->app_metadata) return false;
  const arrow::Buffer& bytes = *chunk->app_metadata;
  return message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
}

/// Ends a peer with the call that serves it, also where a handler throws: its thread writes to the call's own stream.
class PeerEnd {
 public:
  explicit PeerEnd(FlightPeer& peer) : peer_(peer) {}
  ~PeerEnd() { peer_.Finish(); }

 private:
  FlightPeer& peer_;
};

/// Tells the handler that a peer which joined has left, also where it throws.
class Joined {
 public:
  Joined(ControlHandler& handler, const std::shared_ptr<FlightPeer>& peer) : handler_(handler), peer_(peer) {}
  ~Joined() { handler_.Leave(peer_); }

 private:
  ControlHandler& handler_;
  const std::shared_ptr<FlightPeer>& peer_;
};

class ControlServer : public flight::FlightServerBase {
 public:
  explicit ControlServer(ControlHandler& handler) : handler_(handler) {}

  arrow::Status DoExchange(const flight::ServerCallContext& context,
                           std::unique_ptr<flight::FlightMessageReader> reader,
                           std::unique_ptr<flight::FlightMessageWriter> writer) override {
    auto peer = std::make_shared<FlightPeer>(std::move(writer), kOutboxBytes);
    const PeerEnd end(*peer);
    if (Welcome(*reader, peer)) {
      const Joined joined(handler_, peer);
      wire::ToWorker message;
      while (ReadMessage(*reader, message) && !peer->is_closed()) handler_.Handle(peer, std::move(message));
      LogInfo("coordinator left: " + context.peer());
    }
    return arrow::Status::OK();
  }

  /// The cheap call by which a client finds out whether the worker is there and takes its secret.
  arrow::Status ListActions(const flight::ServerCallContext& context,
                            std::vector<flight::ActionType>* actions) override {
    actions->clear();
    return arrow::Status::OK();
  }

 private:
  bool Welcome(flight::FlightMessageReader& reader, const std::shared_ptr<FlightPeer>& peer) {
    wire::ToWorker first;
    if (!ReadMessage(reader, first)) return false;
    wire::FromWorker answer;
    auto welcome = first.has_hello() ? handler_.Join(peer, first.hello())
                                     : arrow::Result<wire::Welcome>(InternalError("the first message is no hello"));
    if (welcome.ok()) {
      *answer.mutable_welcome() = std::move(*welcome);
    } else {
      LogWarning("refused a coordinator: " + welcome.status().message());
      *answer.mutable_refused()->mutable_error() = ToWire(welcome.status());
    }
    peer->Send(answer);
    return answer.has_welcome();
  }

  ControlHandler& handler_;
};

class FlightControlService : public ControlService {
 public:
  explicit FlightControlService(ControlHandler& handler) : server_(handler) {}

  arrow::Status Listen(const std::string& host, int port, std::string secret) {
    const std::string address = host + ":" + std::to_string(port);
    auto location = flight::Location::ForGrpcTcp(host, port);
    if (!location.ok()) return WorldError("--listen: '" + address + "' is no address: an IPv6 host is written [::1]");
    flight::FlightServerOptions options(*location);
    options.middleware.emplace_back("secret", RequireSecret(std::move(secret)));
    const arrow::Status status = server_.Init(options);
    if (!status.ok()) {
      return WorldError("cannot listen on " + address + ": it is in use or not of this machine, give another --listen");
    }
    is_listening_ = true;
    return status;
  }

  ~FlightControlService() override {
    if (!is_listening_) return;
    // Streams end only when the time is over: a coordinator does not hang up because a worker would like to go.
    const auto deadline = std::chrono::system_clock::now() + kShutdownTimeout;
    const arrow::Status status = server_.Shutdown(&deadline);
    if (!status.ok()) LogWarning("control plane did not shut down: " + status.ToString());
  }

  int port() const override { return server_.port(); }

 private:
  ControlServer server_;
  bool is_listening_ = false;
};

}  // namespace

arrow::Result<std::unique_ptr<ControlService>> ControlService::Start(const std::string& host, int port,
                                                                     std::string secret, ControlHandler& handler) {
  auto service = std::make_unique<FlightControlService>(handler);
  ARROW_RETURN_NOT_OK(service->Listen(host, port, std::move(secret)));
  return service;
}

}  // namespace skein::core
