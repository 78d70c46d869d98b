// The reading end of flight_channel.h.
#include "exchange/flight_channel.h"

#include <algorithm>
#include <condition_variable>
#include <cstdlib>
#include <map>
#include <mutex>
#include <utility>
#include <vector>

#include <arrow/array/data.h>
#include <arrow/flight/client.h>
#include <arrow/flight/transport.h>
#include <arrow/flight/types_async.h>
#include <arrow/record_batch.h>

#include "base/error.h"
#include "exchange/flight_auth.h"
#include "exchange/stream_codec.h"

namespace skein {
namespace {

namespace flight = arrow::flight;

/// How soon a stream that still connects notices Cancel.
constexpr std::chrono::milliseconds kCancelInterval{50};

bool IsUnauthenticated(const arrow::Status& status) {
  const auto flight_detail = flight::FlightStatusDetail::UnwrapStatus(status);
  if (flight_detail) return flight_detail->code() == flight::FlightStatusCode::Unauthenticated;
  const auto transport = flight::TransportStatusDetail::Unwrap(status);
  return transport && transport->get().code() == flight::TransportStatusCode::kUnauthenticated;
}

/// Makes an error of the transport one of Skein's. Errors of producers never come here: they travel as items.
arrow::Status TransportError(const std::string& what, const std::string& address, const arrow::Status& status) {
  if (IsUnauthenticated(status)) return WorldError("secret refused: address=" + address);
  return Unavailable(what + ": address=" + address + " error=" + status.message());
}

/// Asks whether the peer answers, in the background. Owned by whoever waits and by the call.
class Ping : public flight::AsyncListener<flight::FlightInfo> {
 public:
  void OnNext(flight::FlightInfo info) override {}

  void OnFinish(arrow::Status status) override {
    std::lock_guard lock(mutex_);
    status_ = std::move(status);
    finished_.notify_all();
  }

  /// Returns the outcome, or nothing when the time is over.
  std::optional<arrow::Status> Wait(std::chrono::milliseconds timeout) {
    std::unique_lock lock(mutex_);
    finished_.wait_for(lock, timeout, [this] { return status_.has_value(); });
    return status_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable finished_;
  std::optional<arrow::Status> status_;  // GUARDED_BY(mutex_)
};

/// One address. Shared by the resolver and its streams; any thread.
class Connection {
 public:
  static arrow::Result<std::shared_ptr<Connection>> Make(const std::string& address, FlightChannelOptions options) {
    const auto colon = address.rfind(':');
    if (colon == std::string::npos) return InternalError("not host:port: address=" + address);
    const int port = std::atoi(address.c_str() + colon + 1);
    ARROW_ASSIGN_OR_RAISE(const auto location, flight::Location::ForGrpcTcp(address.substr(0, colon), port));
    auto client_options = flight::FlightClientOptions::Defaults();
    client_options.generic_options.emplace_back("grpc.max_receive_message_length", -1);
    client_options.generic_options.emplace_back("grpc.max_send_message_length", -1);
    auto client = flight::FlightClient::Connect(location, client_options);
    if (!client.ok()) return TransportError("cannot connect", address, client.status());
    return std::make_shared<Connection>(std::move(*client), std::move(options));
  }

  Connection(std::unique_ptr<flight::FlightClient> client, FlightChannelOptions options)
      : options_(std::move(options)), client_(std::move(client)) {}

  /// The client must outlive its calls, which end by their timeout at the latest.
  ~Connection() {
    for (const auto& ping : pings_) ping->Wait(2 * options_.connect_timeout);
  }

  std::shared_ptr<Ping> StartPing() {
    auto ping = std::make_shared<Ping>();
    {
      std::lock_guard lock(mutex_);
      std::erase_if(pings_, [](const auto& old) { return old->Wait(std::chrono::milliseconds{0}).has_value(); });
      pings_.push_back(ping);
    }
    auto call = CallOptions();
    call.timeout = std::chrono::duration<double>(options_.connect_timeout);
    client_->GetFlightInfoAsync(call, flight::FlightDescriptor::Command(""), ping);
    return ping;
  }

  arrow::Result<std::unique_ptr<flight::FlightStreamReader>> DoGet(const ReadRequest& request) {
    return client_->DoGet(CallOptions(), flight::Ticket{EncodeReadRequest(request)});
  }

 private:
  flight::FlightCallOptions CallOptions() const {
    flight::FlightCallOptions call;
    AddSecret(options_.secret, call);
    return call;
  }

  const FlightChannelOptions options_;
  const std::unique_ptr<flight::FlightClient> client_;
  std::mutex mutex_;
  std::vector<std::shared_ptr<Ping>> pings_;  // GUARDED_BY(mutex_), those that may not have finished
};

/// Flight's calls wait without a limit and cannot be cancelled before they have answered once. So a stream first asks
/// in the background whether the peer answers at all; only then it opens the read, which Cancel can end.
class FlightBlockStream : public BlockStream {
 public:
  FlightBlockStream(std::shared_ptr<Connection> connection, std::string address, ReadRequest request)
      : address_(std::move(address)), request_(request), connection_(std::move(connection)) {}

  ~FlightBlockStream() override { Cancel(); }  // a reader that is destroyed half-way would wait for the rest

  arrow::Result<std::optional<UnitReader::Item>> Next(std::chrono::milliseconds timeout) override {
    if (!reader_) {
      ARROW_ASSIGN_OR_RAISE(const bool is_open, Open(timeout));
      if (!is_open) return std::nullopt;
    }
    auto chunk = reader_->Next();
    if (IsCancelled()) return Cancelled();
    if (!chunk.ok()) return TransportError("connection broke", address_, chunk.status());
    if (!chunk->app_metadata) return Unavailable("stream ended without its end: address=" + address_);
    ARROW_ASSIGN_OR_RAISE(auto item, DecodeStreamItem(request_, std::string_view(*chunk->app_metadata)));
    if (item.kind == UnitReader::Item::kBlock) {
      ARROW_ASSIGN_OR_RAISE(item.block.data, TakeData(chunk->data));
    }
    return item;
  }

  void Cancel() override {
    std::lock_guard lock(mutex_);
    is_cancelled_ = true;
    if (reader_) reader_->Cancel();
  }

 private:
  arrow::Result<bool> Open(std::chrono::milliseconds timeout) {
    if (!ping_) ping_ = connection_->StartPing();
    const auto deadline = std::chrono::steady_clock::now() + timeout;
    std::optional<arrow::Status> answer;
    while (!answer) {
      if (IsCancelled()) return Cancelled();
      const auto left =
          std::chrono::duration_cast<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
      answer = ping_->Wait(std::clamp(left, std::chrono::milliseconds{0}, kCancelInterval));
      if (!answer && left.count() <= 0) return false;
    }
    if (!answer->ok()) return TransportError("cannot connect", address_, *answer);
    auto reader = connection_->DoGet(request_);
    if (!reader.ok()) return TransportError("cannot read units", address_, reader.status());
    std::lock_guard lock(mutex_);
    reader_ = std::move(*reader);
    if (is_cancelled_) reader_->Cancel();
    return true;
  }

  arrow::Result<std::shared_ptr<arrow::Buffer>> TakeData(const std::shared_ptr<arrow::RecordBatch>& batch) const {
    if (!batch || batch->num_columns() != 1) return Unavailable("block without its bytes: address=" + address_);
    const auto& column = *batch->column_data(0);
    const auto& bytes = column.buffers[1];
    if (!bytes) return std::make_shared<arrow::Buffer>(nullptr, 0);
    return arrow::SliceBuffer(bytes, column.offset, column.length);
  }

  bool IsCancelled() const {
    std::lock_guard lock(mutex_);
    return is_cancelled_;
  }

  arrow::Status Cancelled() const { return CancelledError("read cancelled: address=" + address_); }

  const std::string address_;
  const ReadRequest request_;
  const std::shared_ptr<Connection> connection_;
  std::shared_ptr<Ping> ping_;
  mutable std::mutex mutex_;
  bool is_cancelled_ = false;                           // GUARDED_BY(mutex_)
  std::unique_ptr<flight::FlightStreamReader> reader_;  // set once, GUARDED_BY(mutex_); read by the reader's thread
};

class FlightChannelResolver : public ChannelResolver {
 public:
  explicit FlightChannelResolver(FlightChannelOptions options) : options_(std::move(options)) {}

  arrow::Result<std::unique_ptr<BlockStream>> Open(const QueryId& query, ExchangeId exchange, const Producer& producer,
                                                   PartitionRange range) override {
    ARROW_ASSIGN_OR_RAISE(auto connection, FindOrConnect(producer.address));
    const ReadRequest request{query, exchange, producer.task, producer.attempt, producer.incarnation, range};
    return std::make_unique<FlightBlockStream>(std::move(connection), producer.address, request);
  }

 private:
  arrow::Result<std::shared_ptr<Connection>> FindOrConnect(const std::string& address) {
    std::lock_guard lock(mutex_);
    auto& connection = connections_[address];
    if (!connection) {
      ARROW_ASSIGN_OR_RAISE(connection, Connection::Make(address, options_));
    }
    return connection;
  }

  const FlightChannelOptions options_;
  std::mutex mutex_;
  std::map<std::string, std::shared_ptr<Connection>> connections_;  // GUARDED_BY(mutex_)
};

}  // namespace

std::shared_ptr<ChannelResolver> MakeFlightChannelResolver(FlightChannelOptions options) {
  return std::make_shared<FlightChannelResolver>(std::move(options));
}

}  // namespace skein
