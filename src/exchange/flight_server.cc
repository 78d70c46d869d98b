// The serving end of flight_channel.h.

#include <atomic>
#include <utility>

#include <arrow/flight/server.h>
#include <arrow/ipc/dictionary.h>
#include <arrow/ipc/writer.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>

#include "base/error.h"
#include "exchange/block_batch.h"
#include "exchange/flight_auth.h"
#include "exchange/flight_channel.h"
#include "exchange/stream_codec.h"
#include "exchange/upload_service.h"

namespace skein::core {
namespace {

namespace flight = arrow::flight;

/// How soon a stream that waits for its producer notices that its reader or the server is gone.
constexpr std::chrono::milliseconds kPollInterval{200};
/// How long the streams get to notice that the server stops before the transport cancels them.
constexpr std::chrono::milliseconds kShutdownGrace{500};

/// One DoGet. Runs on the thread of the call, whose context outlives it.
class UnitStream : public flight::FlightDataStream {
 public:
  UnitStream(std::unique_ptr<UnitReader> reader, const flight::ServerCallContext& context,
             const std::atomic<bool>& is_stopping, std::string address)
      : reader_(std::move(reader)), context_(context), is_stopping_(is_stopping), address_(std::move(address)) {}

  std::shared_ptr<arrow::Schema> schema() override { return schema_; }

  arrow::Result<flight::FlightPayload> GetSchemaPayload() override {
    flight::FlightPayload payload;
    ARROW_RETURN_NOT_OK(arrow::ipc::GetSchemaPayload(*schema_, arrow::ipc::IpcWriteOptions::Defaults(),
                                                     arrow::ipc::DictionaryFieldMapper(*schema_),
                                                     &payload.ipc_message));
    return payload;
  }

  arrow::Result<flight::FlightPayload> Next() override {
    if (is_ended_) return flight::FlightPayload();  // without a message: the end of the stream
    auto next = WaitForItem();
    if (!next.ok()) {
      is_ended_ = true;
      return MakePayload(EncodeStreamError(next.status()), nullptr);
    }
    is_ended_ = next->kind == UnitReader::Item::kEnd;
    return MakePayload(EncodeStreamItem(*next), next->block.data);
  }

 private:
  arrow::Result<UnitReader::Item> WaitForItem() {
    while (true) {
      if (is_stopping_) return Unavailable("worker is shutting down: address=" + address_);
      if (context_.is_cancelled()) return CancelledError("reader is gone");
      ARROW_ASSIGN_OR_RAISE(auto item, reader_->Next(kPollInterval));
      if (item) return std::move(*item);
    }
  }

  /// Makes a message with the block's bytes by reference; the transport ends a stream at a message without a batch, so
  /// items without a block get one of no rows.
  arrow::Result<flight::FlightPayload> MakePayload(std::string frame, std::shared_ptr<arrow::Buffer> data) {
    const auto batch = ToBatch(std::move(data));
    flight::FlightPayload payload;
    payload.app_metadata = arrow::Buffer::FromString(std::move(frame));
    ARROW_RETURN_NOT_OK(
        arrow::ipc::GetRecordBatchPayload(*batch, arrow::ipc::IpcWriteOptions::Defaults(), &payload.ipc_message));
    return payload;
  }

  const std::unique_ptr<UnitReader> reader_;
  const flight::ServerCallContext& context_;
  const std::atomic<bool>& is_stopping_;
  const std::string address_;  // of this server
  const std::shared_ptr<arrow::Schema> schema_ = BlockSchema();
  bool is_ended_ = false;
};

class FlightService : public flight::FlightServerBase {
 public:
  explicit FlightService(RetainedStore& store) : store_(store) {}

  /// Answers a client that wants to know whether it is connected.
  arrow::Status GetFlightInfo(const flight::ServerCallContext& context, const flight::FlightDescriptor& request,
                              std::unique_ptr<flight::FlightInfo>* info) override {
    ARROW_ASSIGN_OR_RAISE(auto made, flight::FlightInfo::Make(*BlockSchema(), request, {}, -1, -1));
    *info = std::make_unique<flight::FlightInfo>(std::move(made));
    return arrow::Status::OK();
  }

  arrow::Status DoGet(const flight::ServerCallContext& context, const flight::Ticket& ticket,
                      std::unique_ptr<flight::FlightDataStream>* stream) override {
    ARROW_ASSIGN_OR_RAISE(const auto request, DecodeReadRequest(ticket.ticket));
    auto reader = store_.Read({request.query, request.exchange, request.task, request.attempt}, request.range);
    *stream =
        std::make_unique<UnitStream>(reader.ok() ? std::move(*reader) : std::make_unique<FailedReader>(reader.status()),
                                     context, is_stopping_, location().ToString());
    return arrow::Status::OK();
  }

  arrow::Status DoExchange(const flight::ServerCallContext& context,
                           std::unique_ptr<flight::FlightMessageReader> reader,
                           std::unique_ptr<flight::FlightMessageWriter> writer) override {
    return ServeUpload(*reader, *writer, store_);
  }

  void StopStreams() { is_stopping_ = true; }

 private:
  /// Stands for a reader that could not be made, so that its error travels like all others.
  class FailedReader : public UnitReader {
   public:
    explicit FailedReader(arrow::Status status) : status_(std::move(status)) {}
    arrow::Result<std::optional<Item>> Next(std::chrono::milliseconds timeout) override { return status_; }

   private:
    const arrow::Status status_;
  };

  RetainedStore& store_;
  std::atomic<bool> is_stopping_{false};
};

class FlightDataServer : public DataServer {
 public:
  explicit FlightDataServer(RetainedStore& store) : service_(store) {}

  ~FlightDataServer() override {
    if (!is_started_) return;
    service_.StopStreams();
    const auto deadline = std::chrono::system_clock::now() + kShutdownGrace;
    // Nobody is left to be told of an error, and the destructor of the base class ends what Shutdown did not.
    (void)service_.Shutdown(&deadline);
  }

  arrow::Status Listen(const std::string& host, int port, std::string secret) {
    const auto address = host + ":" + std::to_string(port);
    auto location = flight::Location::ForGrpcTcp(host, port);
    if (!location.ok()) return WorldError("--listen: '" + host + "' is no host: an IPv6 host is written [::1]");
    flight::FlightServerOptions options(*location);
    options.middleware.emplace_back("secret", RequireSecret(std::move(secret)));
    const auto status = service_.Init(options);
    if (!status.ok()) {
      return WorldError("cannot listen on " + address + ": it is in use or not of this machine, give another " +
                        (port == 0 ? "--listen" : "--data-port, or another host to --listen"));
    }
    is_started_ = true;
    return arrow::Status::OK();
  }

  int port() const override { return service_.port(); }

 private:
  FlightService service_;
  bool is_started_ = false;
};

}  // namespace

arrow::Result<std::unique_ptr<DataServer>> DataServer::Start(const std::string& host, int port, std::string secret,
                                                             RetainedStore& store) {
  auto server = std::make_unique<FlightDataServer>(store);
  ARROW_RETURN_NOT_OK(server->Listen(host, port, std::move(secret)));
  return server;
}

}  // namespace skein::core
