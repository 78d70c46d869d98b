// The serving end of host_channel.h.

#include <atomic>
#include <list>
#include <system_error>
#include <thread>
#include <utility>

#include "base/error.h"
#include "exchange/host_channel.h"
#include "exchange/host_protocol.h"
#include "exchange/secret.h"
#include "exchange/stream_codec.h"

namespace skein::core {
namespace {

/// How soon a stream that waits for its producer notices that its reader or the server is gone.
constexpr std::chrono::milliseconds kPollInterval{200};
constexpr std::chrono::milliseconds kAcceptInterval{1000};
constexpr std::chrono::milliseconds kRequestTimeout{5000};
/// Of connections at once, each with a thread and a descriptor: whoever is refused reads over Flight.
constexpr size_t kMaxConnections = 256;

struct Connection {
  std::unique_ptr<UnixSocket> socket;
  std::thread thread;
  std::atomic<bool> is_finished{false};
};

class HostServerImpl : public HostServer {
 public:
  HostServerImpl(std::unique_ptr<UnixSocket> listener, std::string secret, RetainedStore& store)
      : listener_(std::move(listener)), secret_(std::move(secret)), store_(store), thread_([this] { AcceptAll(); }) {}

  ~HostServerImpl() override {
    is_stopping_ = true;
    listener_->Shutdown();
    thread_.join();
    for (auto& connection : connections_) connection.socket->Shutdown();  // ends a write that nobody reads
    for (auto& connection : connections_) connection.thread.join();
  }

 private:
  void AcceptAll() {
    while (!is_stopping_) {
      const bool is_readable = listener_->WaitReadable(kAcceptInterval);
      JoinFinished();  // also when nobody comes: what has ended keeps a thread and a descriptor
      if (!is_readable || is_stopping_) continue;
      auto socket = listener_->Accept();
      if (!socket) listener_->WaitEnded(kPollInterval);  // no descriptor is left, so it would be readable at once again
      if (!socket || connections_.size() >= kMaxConnections) continue;
      auto& connection = connections_.emplace_back();
      connection.socket = std::move(socket);
      try {
        connection.thread = std::thread([this, &connection] {
          Serve(*connection.socket);
          connection.socket->Shutdown();
          connection.is_finished = true;
        });
      } catch (const std::system_error&) {
        connections_.pop_back();  // no thread is left: whoever asked reads over Flight
      }
    }
  }

  void JoinFinished() {
    connections_.remove_if([](Connection& connection) {
      if (!connection.is_finished) return false;
      connection.thread.join();
      return true;
    });
  }

  /// Whoever is not accepted learns nothing. An error of the socket means that nobody is left to be told.
  void Serve(UnixSocket& socket) {
    socket.SetStallTimeout(kRequestTimeout);
    if (!socket.IsPeerSameUser()) return;
    const auto request = ReceiveRequest(socket);
    if (!request.ok() || !EqualsInConstantTime(request->secret, secret_)) return;
    if (!socket.Send(std::string_view(&kHostGreeting, 1)).ok()) return;
    socket.SetStallTimeout(std::chrono::milliseconds(0));  // a reader takes its time; it ends with its process
    const auto status = SendUnits(socket, request->units);
    if (!status.ok()) (void)SendMessage(socket, EncodeStreamError(status), nullptr);
  }

  arrow::Status SendUnits(UnixSocket& socket, const std::string& units) {
    ARROW_ASSIGN_OR_RAISE(const auto request, DecodeReadRequest(units));
    ARROW_ASSIGN_OR_RAISE(auto reader,
                          store_.Read({request.query, request.exchange, request.task, request.attempt}, request.range));
    while (true) {
      if (is_stopping_) return Unavailable("worker is shutting down");
      if (socket.WaitEnded(std::chrono::milliseconds(0))) return CancelledError("reader is gone");
      ARROW_ASSIGN_OR_RAISE(const auto item, reader->Next(kPollInterval));
      if (!item) continue;
      ARROW_RETURN_NOT_OK(SendMessage(socket, EncodeStreamItem(*item), item->block.data.get()));
      if (item->kind == UnitReader::Item::kEnd) return arrow::Status::OK();
    }
  }

  const std::unique_ptr<UnixSocket> listener_;
  const std::string secret_;
  RetainedStore& store_;
  std::atomic<bool> is_stopping_{false};
  std::list<Connection> connections_;  // of thread_; of the destructor after that
  std::thread thread_;
};

}  // namespace

arrow::Result<std::unique_ptr<HostServer>> HostServer::Start(Incarnation incarnation, std::string secret,
                                                             RetainedStore& store) {
  ARROW_ASSIGN_OR_RAISE(auto listener, UnixSocket::Listen(HostSocketName(incarnation)));
  return std::make_unique<HostServerImpl>(std::move(listener), std::move(secret), store);
}

}  // namespace skein::core
