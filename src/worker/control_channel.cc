#include "worker/control_channel.h"

#include <atomic>
#include <future>
#include <thread>
#include <utility>

#include <arrow/buffer.h>
#include <arrow/flight/client.h>

#include "base/error.h"
#include "base/mutex.h"
#include "exchange/flight_auth.h"
#include "worker/handshake.h"
#include "worker/wire_convert.h"

namespace skein::core {
namespace {

namespace flight = arrow::flight;
using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kCloseTimeout{200};

flight::FlightClientOptions ClientOptions() {
  auto options = flight::FlightClientOptions::Defaults();
  // A worker that is stopped or unplugged must not block a writer for ever; pings are sent while the stream is open.
  options.generic_options.emplace_back("grpc.keepalive_time_ms", 2000);
  options.generic_options.emplace_back("grpc.keepalive_timeout_ms", 2000);
  // A worker that was started again is reached at once: no backoff is inherited from an earlier channel.
  options.generic_options.emplace_back("grpc.use_local_subchannel_pool", 1);
  options.generic_options.emplace_back("grpc.enable_http_proxy", 0);
  return options;
}

bool IsUnauthenticated(const arrow::Status& status) {
  const auto detail = flight::FlightStatusDetail::UnwrapStatus(status);
  return detail && detail->code() == flight::FlightStatusCode::Unauthenticated;
}

class FlightControlChannel : public ControlChannel {
 public:
  explicit FlightControlChannel(ControlChannelOptions options) : options_(std::move(options)) {}
  ~FlightControlChannel() override { Close(); }

  arrow::Status Open() {
    const auto deadline = Clock::now() + options_.connect_timeout;
    const arrow::Status reached = Reach();
    if (IsUnauthenticated(reached)) {
      return WorldError("worker " + options_.address +
                        " refused the cluster's secret: it was started with another one");
    }
    if (reached.IsNotImplemented()) {
      return Unreachable("there is no control plane of a worker: is it the port of its --listen, not of --data-port?");
    }
    if (!reached.ok()) return Unreachable(reached.message());
    return SayHello(deadline);
  }

  const wire::Welcome& welcome() const override { return welcome_; }

  arrow::Status Send(const wire::ToWorker& message) override {
    auto bytes = arrow::Buffer::FromString(message.SerializeAsString());
    TimedMutexLock lock(write_mutex_);
    if (is_closing_) return Unavailable("control stream is closed: worker " + options_.address);
    const arrow::Status written = writer_->WriteMetadata(std::move(bytes));
    if (written.ok()) return written;
    return Unavailable("control stream is broken: worker " + options_.address + ": " + written.message());
  }

  void Close() override {
    if (is_closing_.exchange(true) || !reader_thread_.joinable()) return;
    // A writer may be stuck in a full stream: then only Cancel gets it out.
    if (write_mutex_.TryLockFor(kCloseTimeout)) {
      const arrow::Status done = writer_->DoneWriting();
      if (done.ok()) stream_ended_.get_future().wait_for(kCloseTimeout);
      write_mutex_.Unlock();
    }
    reader_->Cancel();
    reader_thread_.join();
    // Cancel got a stuck writer out. The status tells what on_lost has told, or what nobody asks for any more.
    TimedMutexLock lock(write_mutex_);
    static_cast<void>(writer_->Close());
  }

 private:
  arrow::Status Unreachable(const std::string& why) const {
    return Unavailable("cannot reach worker " + options_.address + ": " + why);
  }

  /// Flight connects lazily: a cheap call with a deadline tells whether the worker is there and takes the secret.
  arrow::Status Reach() {
    ARROW_ASSIGN_OR_RAISE(auto location, flight::Location::Parse("grpc+tcp://" + options_.address));
    ARROW_ASSIGN_OR_RAISE(client_, flight::FlightClient::Connect(location, ClientOptions()));
    flight::FlightCallOptions call;
    call.timeout = options_.connect_timeout;
    AddSecret(options_.secret, call);
    return client_->ListActions(call).status();
  }

  arrow::Status SayHello(Clock::time_point deadline) {
    flight::FlightCallOptions call;
    AddSecret(options_.secret, call);
    auto stream = client_->DoExchange(call, flight::FlightDescriptor::Command("control"));
    if (!stream.ok()) return Unreachable(stream.status().message());
    writer_ = std::move(stream->writer);
    reader_ = std::move(stream->reader);
    auto answered = answer_.get_future();
    reader_thread_ = std::thread([this] { Read(); });
    wire::ToWorker message;
    *message.mutable_hello() = options_.hello;
    ARROW_RETURN_NOT_OK(Send(message));
    if (answered.wait_until(deadline) != std::future_status::ready) {
      return Unreachable("no welcome within " + std::to_string(options_.connect_timeout.count()) + " ms");
    }
    ARROW_ASSIGN_OR_RAISE(welcome_, answered.get());
    return arrow::Status::OK();
  }

  arrow::Result<wire::FromWorker> ReadMessage() {
    ARROW_ASSIGN_OR_RAISE(auto chunk, reader_->Next());
    if (!chunk.app_metadata) return Unavailable("the worker ended the stream");
    wire::FromWorker message;
    if (!message.ParseFromArray(chunk.app_metadata->data(), static_cast<int>(chunk.app_metadata->size()))) {
      return InternalError("a message of the control stream cannot be read");
    }
    return message;
  }

  arrow::Result<wire::Welcome> ReadAnswer() {
    auto message = ReadMessage();
    if (!message.ok()) return Unreachable(message.status().message());
    if (message->has_refused()) {
      return WorldError("worker " + options_.address + " refused: " + message->refused().error().message());
    }
    if (!message->has_welcome()) return InternalError("worker " + options_.address + " answered no welcome");
    const arrow::Status right = CheckWelcome(message->welcome());
    if (!right.ok()) return WorldError("worker " + options_.address + ": " + right.message());
    return message->welcome();
  }

  void Read() {
    auto answer = ReadAnswer();
    const bool is_welcome = answer.ok();
    answer_.set_value(std::move(answer));
    arrow::Status status;
    while (is_welcome && status.ok()) {
      auto message = ReadMessage();
      if (message.ok()) {
        options_.on_message(std::move(*message));
      } else {
        status = message.status();
      }
    }
    stream_ended_.set_value();
    if (is_welcome && !is_closing_) {
      options_.on_lost(Unavailable("lost the control stream: worker " + options_.address + ": " + status.message()));
    }
  }

  ControlChannelOptions options_;
  wire::Welcome welcome_;
  std::unique_ptr<flight::FlightClient> client_;
  TimedMutex write_mutex_;
  std::unique_ptr<flight::FlightStreamWriter> writer_ PT_GUARDED_BY(write_mutex_);
  std::unique_ptr<flight::FlightStreamReader> reader_;  // of the reader thread, but for Cancel
  std::promise<arrow::Result<wire::Welcome>> answer_;
  std::promise<void> stream_ended_;
  std::atomic<bool> is_closing_{false};
  std::thread reader_thread_;
};

}  // namespace

arrow::Result<std::unique_ptr<ControlChannel>> ControlChannel::Connect(ControlChannelOptions options) {
  auto channel = std::make_unique<FlightControlChannel>(std::move(options));
  ARROW_RETURN_NOT_OK(channel->Open());
  return channel;
}

}  // namespace skein::core
