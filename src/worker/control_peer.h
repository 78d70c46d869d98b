// A worker's view of one coordinator, and what the control plane asks of the worker behind it. The plane owns the
// peers; any thread may send.
#pragma once

#include <memory>

#include <arrow/result.h>
#include <arrow/status.h>

#include "worker/control.pb.h"

namespace skein::core {

/// One coordinator's stream.
class ControlPeer {
 public:
  virtual ~ControlPeer() = default;
  /// Queues a message without blocking; messages arrive in the order of sending. Dropped where the stream has ended.
  virtual void Send(const wire::FromWorker& message) = 0;
  /// Drops what is queued and all that is sent later, and ends the stream at its next message.
  virtual void Close() = 0;
};

/// What a worker does with its streams. Called on the stream's own thread: must not block on a task.
class ControlHandler {
 public:
  virtual ~ControlHandler() = default;
  /// Answers a hello. After an error the stream ends, and no other function is called for it.
  virtual arrow::Result<wire::Welcome> Join(const std::shared_ptr<ControlPeer>& peer, const wire::Hello& hello) = 0;
  virtual void Handle(const std::shared_ptr<ControlPeer>& peer, wire::ToWorker message) = 0;
  /// Called once a stream that joined has ended, whatever the reason.
  virtual void Leave(const std::shared_ptr<ControlPeer>& peer) = 0;
};

}  // namespace skein::core
