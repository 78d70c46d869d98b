#include "exchange/unit_upload.h"

#include <future>
#include <memory>
#include <utility>

#include <arrow/flight/client.h>
#include <arrow/record_batch.h>

#include "base/error.h"
#include "exchange/block_batch.h"
#include "exchange/flight_connection.h"
#include "exchange/stream_codec.h"
#include "exchange/unit_totals.h"
#include "exchange/upload_watch.h"

namespace skein::core {
namespace {

namespace flight = arrow::flight;
using Item = UnitReader::Item;

constexpr std::chrono::milliseconds kReadInterval{50};

/// One upload. It uses Flight's DoExchange, because a DoPut that waits for a slow peer cannot be cancelled.
class Upload {
 public:
  Upload(UnitReader& from, std::string address, const FlightChannelOptions& options, const UnitKey& key)
      : from_(from), address_(std::move(address)), options_(options), key_(key) {}

  arrow::Result<UnitTrailer> Run(const std::function<bool()>& is_cancelled) {
    ARROW_RETURN_NOT_OK(Open(is_cancelled));
    UploadWatch watch(is_cancelled, options_.stall_timeout, [this] { reader_->Cancel(); });
    watch_ = &watch;
    // Is waited for from the start: a peer that refuses what it gets says so before the end.
    answer_ = std::async(std::launch::async, [this] { return ReadAnswer(); });
    auto confirmed = SendAll();
    watch.Stop();
    if (!confirmed.ok()) reader_->Cancel();  // or the next two would wait for the peer
    answer_.wait();
    // Whatever it says, the outcome is known.
    (void)writer_->Close();
    if (confirmed.ok()) return confirmed;
    if (watch.is_cancelled()) return CancelledError("upload cancelled: address=" + address_);
    if (watch.is_stalled()) {
      return Unavailable("upload stalled: address=" + address_ +
                         " after_ms=" + std::to_string(options_.stall_timeout.count()));
    }
    return confirmed;
  }

 private:
  arrow::Status Open(const std::function<bool()>& is_cancelled) {
    ARROW_ASSIGN_OR_RAISE(connection_, FlightConnection::Make(address_, options_));
    const auto answer = connection_->StartPing()->Wait(2 * options_.connect_timeout, is_cancelled);
    if (!answer) return Unavailable("cannot connect: address=" + address_);
    if (answer->IsCancelled() && is_cancelled()) return CancelledError("upload cancelled: address=" + address_);
    if (!answer->ok()) return TransportError("cannot connect", address_, *answer);
    auto call = connection_->client().DoExchange(connection_->CallOptions(),
                                                 flight::FlightDescriptor::Command(EncodeKey(key_)));
    if (!call.ok()) return TransportError("cannot upload", address_, call.status());
    writer_ = std::move(call->writer);
    reader_ = std::move(call->reader);
    return arrow::Status::OK();
  }

  arrow::Result<UnitTrailer> SendAll() {
    const auto begun = writer_->Begin(BlockSchema());
    if (!begun.ok()) return WriteError(begun);
    while (true) {
      ARROW_ASSIGN_OR_RAISE(auto item, NextItem());
      if (item.kind == Item::kEnd) return InternalError("a unit to upload has no end");
      item.unit = item.trailer.key = key_;
      const bool is_last = item.kind == Item::kTrailer;
      if (is_last) {
        ARROW_RETURN_NOT_OK(CheckSent(item.trailer));
      } else {
        item.block.sequence = static_cast<uint32_t>(sent_.blocks);
        sent_.Add(item.block);
      }
      const auto written =
          writer_->WriteWithMetadata(*ToBatch(item.block.data), arrow::Buffer::FromString(EncodeStreamItem(item)));
      if (!written.ok()) return WriteError(written);
      watch_->Touch();
      if (!is_last && HasAnswer()) return EarlyAnswer();
      if (is_last) return Confirm();
    }
  }

  arrow::Result<Item> NextItem() {
    while (true) {
      if (watch_->is_cancelled() || watch_->is_stalled()) return CancelledError("upload given up");
      ARROW_ASSIGN_OR_RAISE(auto item, from_.Next(kReadInterval));
      if (item) return std::move(*item);
    }
  }

  arrow::Status CheckSent(const UnitTrailer& trailer) const {
    const auto expected = UnitTotals::Of(trailer);
    if (sent_ == expected) return arrow::Status::OK();
    return InternalError("a unit to upload differs from its trailer: " + sent_.ToString() + ", expected " +
                         expected.ToString());
  }

  bool HasAnswer() const { return answer_.wait_for(std::chrono::seconds(0)) == std::future_status::ready; }

  arrow::Status EarlyAnswer() const {
    const auto answer = answer_.get();
    return answer.ok() ? Unavailable("upload answered before its end: address=" + address_) : answer.status();
  }

  arrow::Status WriteError(const arrow::Status& written) const {
    const auto answer = answer_.get();
    return answer.ok() ? TransportError("connection broke", address_, written) : answer.status();
  }

  arrow::Result<UnitTrailer> Confirm() {
    const auto done = writer_->DoneWriting();
    if (!done.ok()) return WriteError(done);
    ARROW_ASSIGN_OR_RAISE(auto trailer, answer_.get());
    const auto stored = UnitTotals::Of(trailer);
    if (stored == sent_ && trailer.key == key_) return trailer;
    return Unavailable("upload differs from what was sent: address=" + address_ + " " + stored.ToString() +
                       ", expected " + sent_.ToString());
  }

  arrow::Result<UnitTrailer> ReadAnswer() {
    const auto chunk = reader_->Next();
    if (!chunk.ok()) return TransportError("connection broke", address_, chunk.status());
    if (!chunk->app_metadata) return Unavailable("upload ended without an answer: address=" + address_);
    ReadRequest request;
    request.query = key_.query;
    request.exchange = key_.exchange;
    ARROW_ASSIGN_OR_RAISE(auto item, DecodeStreamItem(request, std::string_view(*chunk->app_metadata)));
    if (item.kind != Item::kTrailer) return Unavailable("upload answered by no trailer: address=" + address_);
    return std::move(item.trailer);
  }

  UnitReader& from_;
  const std::string address_;
  const FlightChannelOptions options_;
  const UnitKey key_;
  std::shared_ptr<FlightConnection> connection_;
  std::unique_ptr<flight::FlightStreamWriter> writer_;
  std::unique_ptr<flight::FlightStreamReader> reader_;
  std::shared_future<arrow::Result<UnitTrailer>> answer_;  // uses reader_
  UploadWatch* watch_ = nullptr;
  UnitTotals sent_;
};

}  // namespace

arrow::Result<UnitTrailer> UploadUnit(UnitReader& from, const std::string& address, const FlightChannelOptions& options,
                                      const UnitKey& key, std::function<bool()> is_cancelled) {
  return Upload(from, address, options, key).Run(is_cancelled);
}

}  // namespace skein::core
