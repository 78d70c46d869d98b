// The link to one worker over its control channel: a queue and a thread that writes it, so that a worker which does not
// read stops neither the event loop nor the other workers. Owned by the membership, shared with running queries; any
// thread may call.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <thread>

#include "base/mutex.h"
#include "coordinator/worker_link.h"
#include "worker/control_channel.h"

namespace skein::core {

class ChannelLink : public WorkerLink {
 public:
  /// Calls `on_broken` once, on its own thread, when a message cannot be written.
  ChannelLink(std::unique_ptr<ControlChannel> channel, std::function<void(arrow::Status)> on_broken);
  /// Closes.
  ~ChannelLink() override;

  arrow::Status Send(wire::ToWorker message) override;
  /// Gives what was sent before a short time to be written, then closes the channel. Not from a callback.
  void Close();

 private:
  void Write();
  bool WaitForMessage(wire::ToWorker& message);

  const std::unique_ptr<ControlChannel> channel_;
  const std::function<void(arrow::Status)> on_broken_;
  Mutex mutex_;
  ConditionVariable changed_;
  std::deque<wire::ToWorker> queue_ GUARDED_BY(mutex_);
  uint64_t queued_bytes_ GUARDED_BY(mutex_) = 0;
  bool is_writing_ GUARDED_BY(mutex_) = false;
  bool is_closing_ GUARDED_BY(mutex_) = false;
  bool is_broken_ GUARDED_BY(mutex_) = false;
  std::thread writer_;
};

}  // namespace skein::core
