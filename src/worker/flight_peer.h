// A coordinator's stream as a ControlPeer: an outbox and one thread that writes it, so that a coordinator that does not
// read holds up nobody. Owned by the call that serves the stream; any thread may send.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <thread>

#include <arrow/flight/server.h>

#include "base/mutex.h"
#include "worker/control_peer.h"

namespace skein::core {

class FlightPeer : public ControlPeer {
 public:
  /// A stream whose outbox grows beyond `outbox_bytes` is closed.
  FlightPeer(std::unique_ptr<arrow::flight::FlightMessageWriter> writer, uint64_t outbox_bytes);
  ~FlightPeer() override;

  void Send(const wire::FromWorker& message) override;
  void Close() override;
  bool is_closed() const;
  /// Writes what is queued, then ends the writer, which must not outlive the call. Later messages are dropped.
  void Finish();

 private:
  void Write();

  const std::unique_ptr<arrow::flight::FlightMessageWriter> writer_;
  const uint64_t outbox_limit_;
  mutable Mutex mutex_;
  ConditionVariable changed_;
  std::deque<std::string> outbox_ GUARDED_BY(mutex_);
  uint64_t outbox_bytes_ GUARDED_BY(mutex_) = 0;
  bool is_closed_ GUARDED_BY(mutex_) = false;
  bool is_finishing_ GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace skein::core
