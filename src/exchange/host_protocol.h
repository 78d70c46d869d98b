// What the two ends of host_channel.h say to each other. The reader sends a request; the server answers one byte once
// it has accepted it, then messages until the end or an error; it closes without a word where it refuses. Both ends are
// of the same build and machine, so numbers are sent as they lie in memory. Free functions; any thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include <arrow/buffer.h>
#include <arrow/result.h>

#include "base/ids.h"
#include "exchange/unix_socket.h"

namespace skein::core {

constexpr char kHostGreeting = '+';

struct HostRequest {
  std::string secret;
  std::string units;  // what EncodeReadRequest made
};

struct HostMessage {
  std::string frame;                    // what EncodeStreamItem or EncodeStreamError made
  std::shared_ptr<arrow::Buffer> data;  // of a block; empty otherwise, never null
};

/// Names the socket of a worker.
std::string HostSocketName(Incarnation incarnation);

arrow::Status SendRequest(UnixSocket& socket, const HostRequest& request);
/// Errors (Unavailable) besides those of the socket: longer than any request is.
arrow::Result<HostRequest> ReceiveRequest(UnixSocket& socket);

/// Sends a frame and the bytes beside it, which are not copied before; `data` may be null.
arrow::Status SendMessage(UnixSocket& socket, std::string_view frame, const arrow::Buffer* data);
/// Errors (Unavailable) besides those of the socket: longer than any message is.
arrow::Result<HostMessage> ReceiveMessage(UnixSocket& socket);

}  // namespace skein::core
