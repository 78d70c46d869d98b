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
    MutexLock lock(mutex_);
    if (is_closed_ || is_finishing_) return;
    outbox_bytes_ += bytes.size();
    outbox_.push_back(std::move(bytes));
    if (outbox_bytes_ <= outbox_limit_) {
      changed_.NotifyOne();
      return;
    }
  }
  LogWarning("closing a coordinator's stream that it does not read");
  Close();
}

void FlightPeer::Close() {
  MutexLock lock(mutex_);
  is_closed_ = true;
  outbox_.clear();
  changed_.NotifyOne();
}

bool FlightPeer::is_closed() const {
  MutexLock lock(mutex_);
  return is_closed_;
}

void FlightPeer::Finish() {
  {
    MutexLock lock(mutex_);
    is_finishing_ = true;
    changed_.NotifyOne();
  }
  if (thread_.joinable()) thread_.join();
}

void FlightPeer::Write() {
  MutexLock lock(mutex_);
  while (true) {
    changed_.Wait(mutex_, [this]() REQUIRES(mutex_) { return !outbox_.empty() || is_closed_ || is_finishing_; });
    if (is_closed_ || outbox_.empty()) return;
    std::string bytes = std::move(outbox_.front());
    outbox_.pop_front();
    outbox_bytes_ -= bytes.size();
    lock.Unlock();
    const arrow::Status written = writer_->WriteMetadata(arrow::Buffer::FromString(std::move(bytes)));
    lock.Lock();
    if (!written.ok()) is_closed_ = true;
  }
}

}  // namespace skein::core
