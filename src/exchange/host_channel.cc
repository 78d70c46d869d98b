// The reading end of host_channel.h.
#include "exchange/host_channel.h"

#include <algorithm>
#include <atomic>
#include <utility>

#include "base/error.h"
#include "base/mutex.h"
#include "exchange/host_protocol.h"
#include "exchange/stream_codec.h"

namespace skein::core {
namespace {

using Clock = std::chrono::steady_clock;

/// Of streams of one resolver at once, each with a descriptor: the rest is read through `remote`.
constexpr int kMaxStreams = 128;

/// One of the streams that a resolver may have at once.
class StreamSlot {
 public:
  explicit StreamSlot(std::shared_ptr<std::atomic<int>> used) : used_(std::move(used)) { ++*used_; }
  ~StreamSlot() { --*used_; }
  StreamSlot(const StreamSlot&) = delete;
  StreamSlot& operator=(const StreamSlot&) = delete;

 private:
  const std::shared_ptr<std::atomic<int>> used_;
};

/// Where to turn when the socket leads nowhere.
struct RemoteRead {
  std::shared_ptr<ChannelResolver> resolver;
  Producer producer;
  ReadRequest request;

  arrow::Result<std::unique_ptr<BlockStream>> Open() const {
    return resolver->Open(request.query, request.exchange, producer, request.range);
  }
};

class HostBlockStream : public BlockStream {
 public:
  HostBlockStream(std::unique_ptr<UnixSocket> socket, std::unique_ptr<StreamSlot> slot, RemoteRead remote,
                  Clock::time_point greeting_deadline)
      : slot_(std::move(slot)),
        socket_(std::move(socket)),
        remote_(std::move(remote)),
        greeting_deadline_(greeting_deadline) {}

  arrow::Result<std::optional<UnitReader::Item>> Next(std::chrono::milliseconds timeout) override {
    if (!is_greeted_ && !remote_stream_) {
      ARROW_ASSIGN_OR_RAISE(const bool is_decided, Greet(timeout));
      if (!is_decided) return std::nullopt;
    }
    if (remote_stream_) return remote_stream_->Next(timeout);
    if (!socket_->WaitReadable(timeout)) return std::nullopt;
    auto message = ReceiveMessage(*socket_);
    if (IsCancelled()) return Cancelled();
    if (!message.ok()) {
      return Unavailable("connection broke: address=" + remote_.producer.address +
                         " error=" + message.status().message());
    }
    ARROW_ASSIGN_OR_RAISE(auto item, DecodeStreamItem(remote_.request, message->frame));
    if (item.kind == UnitReader::Item::kBlock) item.block.data = std::move(message->data);
    return item;
  }

  void Cancel() override {
    MutexLock lock(mutex_);
    is_cancelled_ = true;
    socket_->Shutdown();
    if (open_stream_ != nullptr) open_stream_->Cancel();
  }

 private:
  /// Waits for the greeting, and turns to the remote stream when there will be none. Returns whether that is decided.
  arrow::Result<bool> Greet(std::chrono::milliseconds timeout) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(greeting_deadline_ - Clock::now());
    const bool is_answered = socket_->WaitReadable(std::clamp(left, std::chrono::milliseconds(0), timeout));
    if (IsCancelled()) return Cancelled();
    if (!is_answered && Clock::now() < greeting_deadline_) return false;
    char answer = 0;
    is_greeted_ = is_answered && socket_->Receive(&answer, 1).ok() && answer == kHostGreeting;
    if (!is_greeted_) ARROW_RETURN_NOT_OK(TurnToRemote());
    return true;
  }

  arrow::Status TurnToRemote() {
    ARROW_ASSIGN_OR_RAISE(auto stream, remote_.Open());
    remote_stream_ = std::move(stream);
    MutexLock lock(mutex_);
    open_stream_ = remote_stream_.get();
    socket_->Shutdown();
    if (is_cancelled_) open_stream_->Cancel();
    return arrow::Status::OK();
  }

  bool IsCancelled() const {
    MutexLock lock(mutex_);
    return is_cancelled_;
  }

  arrow::Status Cancelled() const { return CancelledError("read cancelled: address=" + remote_.producer.address); }

  const std::unique_ptr<StreamSlot> slot_;
  const std::unique_ptr<UnixSocket> socket_;
  const RemoteRead remote_;
  const Clock::time_point greeting_deadline_;
  bool is_greeted_ = false;                     // of the reader's thread
  std::unique_ptr<BlockStream> remote_stream_;  // of the reader's thread; set once
  mutable Mutex mutex_;
  bool is_cancelled_ GUARDED_BY(mutex_) = false;
  BlockStream* open_stream_ GUARDED_BY(mutex_) = nullptr;  // what Cancel ends
};

class HostChannelResolver : public ChannelResolver {
 public:
  HostChannelResolver(HostChannelOptions options, std::shared_ptr<ChannelResolver> remote)
      : options_(std::move(options)), remote_(std::move(remote)) {}

  arrow::Result<std::unique_ptr<BlockStream>> Open(const QueryId& query, ExchangeId exchange, const Producer& producer,
                                                   PartitionRange range) override {
    RemoteRead remote{
        remote_, producer, {query, exchange, producer.task, producer.attempt, producer.incarnation, range}};
    auto slot = std::make_unique<StreamSlot>(streams_);
    auto socket = *streams_ > kMaxStreams ? nullptr : Connect(remote.request);
    if (!socket) return remote.Open();
    return std::make_unique<HostBlockStream>(std::move(socket), std::move(slot), std::move(remote),
                                             Clock::now() + options_.greeting_timeout);
  }

 private:
  /// Returns a socket that the request was sent through; null where there is no such worker of this user on this host.
  std::unique_ptr<UnixSocket> Connect(const ReadRequest& request) const {
    auto socket = UnixSocket::Connect(HostSocketName(request.incarnation));
    if (!socket.ok() || !(*socket)->IsPeerSameUser()) return nullptr;
    (*socket)->SetStallTimeout(options_.greeting_timeout);
    const bool is_sent = SendRequest(**socket, {options_.secret, EncodeReadRequest(request)}).ok();
    (*socket)->SetStallTimeout(std::chrono::milliseconds(0));
    return is_sent ? std::move(*socket) : nullptr;
  }

  const HostChannelOptions options_;
  const std::shared_ptr<ChannelResolver> remote_;
  const std::shared_ptr<std::atomic<int>> streams_ = std::make_shared<std::atomic<int>>(0);
};

}  // namespace

std::shared_ptr<ChannelResolver> MakeHostChannelResolver(HostChannelOptions options,
                                                         std::shared_ptr<ChannelResolver> remote) {
  return std::make_shared<HostChannelResolver>(std::move(options), std::move(remote));
}

}  // namespace skein::core
