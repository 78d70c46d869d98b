// The worker's end of the control plane: a Flight server whose DoExchange is one coordinator's stream. Messages ride in
// app_metadata; the first one must be a hello. Owned by the worker node.
#pragma once

#include <memory>
#include <string>

#include <arrow/result.h>

#include "worker/control_peer.h"

namespace skein::core {

class ControlService {
 public:
  /// Listens on host:port (port 0: any free one) and serves until destroyed; `handler` must outlive it.
  /// Errors: the address is in use or invalid (WorldError that names it).
  static arrow::Result<std::unique_ptr<ControlService>> Start(const std::string& host, int port, std::string secret,
                                                              ControlHandler& handler);
  /// Ends all streams; the handler has seen each of them leave when it returns.
  virtual ~ControlService() = default;
  virtual int port() const = 0;
};

}  // namespace skein::core
