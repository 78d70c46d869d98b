#include "worker/flight_peer.h"

#include <string>
#include <utility>

#include <arrow/buffer.h>

#include "worker/worker_log.h"

namespace skein::core {

FlightPeer::FlightPeer(std::unique_ptr<arrow::flight::FlightMessageWriter> writer, uint64_t outbox_bytes)
    : writer_(std::move(writer)), outbox_limit_(outbox_bytes), thread_([this] { Write(); }) {}

FlightPeer::~FlightPeer() { Finish(); }

void FlightPeer::Send(const wire::FromWorker& message) {
  std::string bytes = message.SerializeAsString();
  {
    std::lock_guard lock(mutex_);
    if (is_closed_ || is_finishing_) return;
    outbox_bytes_ += bytes.size();
    outbox_.push_back(std::move(bytes));
    if (outbox_bytes_ <= outbox_limit_) {
      changed_.notify_one();
      return;
    }
  }
  LogWarning("closing a coordinator's stream that it does not read");
  Close();
}

void FlightPeer::Close() {
  std::lock_guard lock(mutex_);
  is_closed_ = true;
  outbox_.clear();
  changed_.notify_one();
}

bool FlightPeer::is_closed() const {
  std::lock_guard lock(mutex_);
  return is_closed_;
}

void FlightPeer::Finish() {
  {
    std::lock_guard lock(mutex_);
    is_finishing_ = true;
    changed_.notify_one();
  }
  if (thread_.joinable()) thread_.join();
}

void FlightPeer::Write() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return !outbox_.empty() || is_closed_ || is_finishing_; });
    if (is_closed_ || outbox_.empty()) return;
    std::string bytes = std::move(outbox_.front());
    outbox_.pop_front();
    outbox_bytes_ -= bytes.size();
    lock.unlock();
    const arrow::Status written = writer_->WriteMetadata(arrow::Buffer::FromString(std::move(bytes)));
    lock.lock();
    if (!written.ok()) is_closed_ = true;
  }
}

}  // namespace skein::core
