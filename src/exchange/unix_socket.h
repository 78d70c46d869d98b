// A Unix stream socket with an abstract name: it has no file, lives in the host's (network namespace's) own space of
// names, and vanishes with its process. Owned by one end; any thread may call Shutdown, the rest belongs to one thread.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include <arrow/result.h>
#include <arrow/status.h>

namespace skein::core {

class UnixSocket {
 public:
  /// Takes the name. Errors (WorldError): it is in use, or there are no sockets here.
  static arrow::Result<std::unique_ptr<UnixSocket>> Listen(const std::string& name);
  /// Connects without waiting. Errors (Unavailable): nobody listens, its queue is full, no descriptor is left.
  static arrow::Result<std::unique_ptr<UnixSocket>> Connect(const std::string& name);
  ~UnixSocket();
  UnixSocket(const UnixSocket&) = delete;
  UnixSocket& operator=(const UnixSocket&) = delete;

  /// Takes the next connection; null when there was none to take.
  std::unique_ptr<UnixSocket> Accept();
  /// Says whether the process at the other end runs as the same user, as the kernel knows it.
  bool IsPeerSameUser() const;
  /// Bounds every later Receive and Send, counted anew with each step of progress; 0: no limit.
  void SetStallTimeout(std::chrono::milliseconds timeout);
  /// Waits until something can be read or accepted, or the connection ended. Returns false when the time is over.
  bool WaitReadable(std::chrono::milliseconds timeout) const;
  /// Waits until the connection ended. Returns false when the time is over.
  bool WaitEnded(std::chrono::milliseconds timeout) const;
  /// Sends everything: `head`, then `body`. Errors (Unavailable): the connection ended, or stalled.
  arrow::Status Send(std::string_view head, std::string_view body = {});
  /// Receives exactly `size` bytes. Errors (Unavailable): the connection ended before, or stalled.
  arrow::Status Receive(void* into, size_t size);
  /// Ends the connection in both directions and wakes whoever waits on it. Any thread.
  void Shutdown();

 private:
  explicit UnixSocket(int descriptor) : descriptor_(descriptor) {}

  const int descriptor_;
};

}  // namespace skein::core
