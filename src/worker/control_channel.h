// The coordinator's end of the control stream to one worker. Owned by coordinator/cluster; any thread may call Send.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include <arrow/result.h>
#include <arrow/status.h>

#include "worker/control.pb.h"

namespace skein::core {

constexpr uint32_t kControlProtocolVersion = 1;

struct ControlChannelOptions {
  std::string address;  // host:port of the worker's control plane
  std::string secret;
  std::chrono::milliseconds connect_timeout{5000};
  wire::Hello hello;
  /// Called on the channel's own reader thread, one message at a time, in the order of sending.
  std::function<void(wire::FromWorker)> on_message;
  /// Called once, on the reader thread, when the stream ends for any reason but Close.
  std::function<void(arrow::Status)> on_lost;
};

class ControlChannel {
 public:
  /// Connects, says hello and waits for the welcome. Errors name the address: unreachable (Unavailable), wrong secret,
  /// another build, another protocol version (WorldError).
  static arrow::Result<std::unique_ptr<ControlChannel>> Connect(ControlChannelOptions options);
  /// Closes.
  virtual ~ControlChannel() = default;

  virtual const wire::Welcome& welcome() const = 0;
  /// Queues nothing: writes, or returns Unavailable when the stream is broken.
  virtual arrow::Status Send(const wire::ToWorker& message) = 0;
  /// Ends the stream and joins the reader thread. Not from a callback.
  virtual void Close() = 0;
};

}  // namespace skein::core
