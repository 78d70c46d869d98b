#include "coordinator/channel_link.h"

#include <utility>

#include "base/error.h"

namespace skein::core {
namespace {

/// A worker that leaves so much unread is as good as lost.
constexpr uint64_t kMaxQueuedBytes = uint64_t{256} << 20;
constexpr std::chrono::milliseconds kFlushTime{200};

}  // namespace

ChannelLink::ChannelLink(std::unique_ptr<ControlChannel> channel, std::function<void(arrow::Status)> on_broken)
    : channel_(std::move(channel)), on_broken_(std::move(on_broken)), writer_([this] { Write(); }) {}

ChannelLink::~ChannelLink() { Close(); }

arrow::Status ChannelLink::Send(wire::ToWorker message) {
  const uint64_t bytes = message.ByteSizeLong();
  {
    MutexLock lock(mutex_);
    if (is_closing_ || is_broken_) return Unavailable("the link to the worker is closed");
    if (!queue_.empty() && queued_bytes_ + bytes > kMaxQueuedBytes) return Unavailable("the worker does not read");
    queue_.push_back(std::move(message));
    queued_bytes_ += bytes;
  }
  changed_.NotifyAll();
  return arrow::Status::OK();
}

bool ChannelLink::WaitForMessage(wire::ToWorker& message) {
  MutexLock lock(mutex_);
  is_writing_ = false;
  changed_.NotifyAll();
  changed_.Wait(mutex_, [this]() REQUIRES(mutex_) { return is_closing_ || !queue_.empty(); });
  if (is_closing_) return false;
  message = std::move(queue_.front());
  queue_.pop_front();
  queued_bytes_ -= message.ByteSizeLong();
  is_writing_ = true;
  return true;
}

void ChannelLink::Write() {
  wire::ToWorker message;
  while (WaitForMessage(message)) {
    auto status = channel_->Send(message);
    if (status.ok()) continue;
    bool is_news = false;
    {
      MutexLock lock(mutex_);
      is_broken_ = true;
      is_writing_ = false;
      queue_.clear();
      is_news = !is_closing_;
    }
    changed_.NotifyAll();
    if (is_news) on_broken_(std::move(status));
    return;
  }
}

void ChannelLink::Close() {
  {
    MutexLock lock(mutex_);
    changed_.WaitFor(mutex_, kFlushTime, [this]() REQUIRES(mutex_) {
      return is_broken_ || is_closing_ || (queue_.empty() && !is_writing_);
    });
    is_closing_ = true;
  }
  changed_.NotifyAll();
  channel_->Close();  // frees a writer that is stuck
  if (writer_.joinable()) writer_.join();
}

}  // namespace skein::core
