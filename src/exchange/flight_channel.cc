// The reading end of flight_channel.h.
#include "exchange/flight_channel.h"

#include <map>
#include <utility>

#include <arrow/flight/client.h>

#include "base/error.h"
#include "base/mutex.h"
#include "exchange/block_batch.h"
#include "exchange/flight_connection.h"
#include "exchange/stream_codec.h"

namespace skein::core {
namespace {

namespace flight = arrow::flight;

/// Opens the read, which Cancel can end, only after the peer has answered a ping.
class FlightBlockStream : public BlockStream {
 public:
  FlightBlockStream(std::shared_ptr<FlightConnection> connection, std::string address, ReadRequest request)
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
      auto data = DataOf(chunk->data.get());
      if (!data.ok()) return Unavailable(data.status().message() + ": address=" + address_);
      item.block.data = std::move(*data);
    }
    return item;
  }

  void Cancel() override {
    MutexLock lock(mutex_);
    is_cancelled_ = true;
    if (open_reader_ != nullptr) open_reader_->Cancel();
  }

 private:
  arrow::Result<bool> Open(std::chrono::milliseconds timeout) {
    if (!ping_) ping_ = connection_->StartPing();
    const auto answer = ping_->Wait(timeout, [this] { return IsCancelled(); });
    if (IsCancelled()) return Cancelled();
    if (!answer) return false;
    if (!answer->ok()) return TransportError("cannot connect", address_, *answer);
    auto reader = connection_->client().DoGet(connection_->CallOptions(), flight::Ticket{EncodeReadRequest(request_)});
    if (!reader.ok()) return TransportError("cannot read units", address_, reader.status());
    reader_ = std::move(*reader);
    MutexLock lock(mutex_);
    open_reader_ = reader_.get();
    if (is_cancelled_) open_reader_->Cancel();
    return true;
  }

  bool IsCancelled() const {
    MutexLock lock(mutex_);
    return is_cancelled_;
  }

  arrow::Status Cancelled() const { return CancelledError("read cancelled: address=" + address_); }

  const std::string address_;
  const ReadRequest request_;
  const std::shared_ptr<FlightConnection> connection_;
  std::shared_ptr<FlightPing> ping_;                    // of the reader's thread
  std::unique_ptr<flight::FlightStreamReader> reader_;  // of the reader's thread; set once
  mutable Mutex mutex_;
  bool is_cancelled_ GUARDED_BY(mutex_) = false;
  flight::FlightStreamReader* open_reader_ GUARDED_BY(mutex_) = nullptr;  // what Cancel ends
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
  arrow::Result<std::shared_ptr<FlightConnection>> FindOrConnect(const std::string& address) {
    MutexLock lock(mutex_);
    auto& connection = connections_[address];
    if (!connection) {
      ARROW_ASSIGN_OR_RAISE(connection, FlightConnection::Make(address, options_));
    }
    return connection;
  }

  const FlightChannelOptions options_;
  Mutex mutex_;
  std::map<std::string, std::shared_ptr<FlightConnection>> connections_ GUARDED_BY(mutex_);
};

}  // namespace

std::shared_ptr<ChannelResolver> MakeFlightChannelResolver(FlightChannelOptions options) {
  return std::make_shared<FlightChannelResolver>(std::move(options));
}

}  // namespace skein::core
