#include "exchange/unix_socket.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/error.h"

namespace skein::core {
namespace {

constexpr int kBacklog = 256;

/// An abstract address: the path begins with a zero byte, and its length counts.
socklen_t AddressOf(const std::string& name, sockaddr_un& address) {
  address = {};
  address.sun_family = AF_UNIX;
  const size_t size = std::min(name.size(), sizeof(address.sun_path) - 1);
  std::memcpy(address.sun_path + 1, name.data(), size);
  return static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + size);
}

std::string Because(const std::string& what, int code) { return what + ": error=" + std::strerror(code); }

/// Drops the first `size` bytes of two pieces.
void Advance(iovec (&pieces)[2], size_t size) {
  for (auto& piece : pieces) {
    const size_t step = std::min(size, piece.iov_len);
    piece.iov_base = static_cast<char*>(piece.iov_base) + step;
    piece.iov_len -= step;
    size -= step;
  }
}

bool Poll(int descriptor, short events, std::chrono::milliseconds timeout) {
  constexpr int64_t kLongest = 3600000;
  pollfd wait{descriptor, events, 0};
  return poll(&wait, 1, static_cast<int>(std::clamp<int64_t>(timeout.count(), 0, kLongest))) > 0;
}

}  // namespace

arrow::Result<std::unique_ptr<UnixSocket>> UnixSocket::Listen(const std::string& name) {
  const int descriptor = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (descriptor < 0) return WorldError(Because("cannot make a local socket", errno));
  std::unique_ptr<UnixSocket> made(new UnixSocket(descriptor));
  sockaddr_un address;
  const socklen_t size = AddressOf(name, address);
  if (bind(descriptor, reinterpret_cast<sockaddr*>(&address), size) != 0 || listen(descriptor, kBacklog) != 0) {
    return WorldError(Because("cannot listen: name=" + name, errno));
  }
  return made;
}

arrow::Result<std::unique_ptr<UnixSocket>> UnixSocket::Connect(const std::string& name) {
  const int descriptor = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (descriptor < 0) return Unavailable(Because("cannot make a local socket", errno));
  std::unique_ptr<UnixSocket> made(new UnixSocket(descriptor));
  sockaddr_un address;
  const socklen_t size = AddressOf(name, address);
  // Without waiting: a full queue is EAGAIN. What is connected may wait.
  if (connect(descriptor, reinterpret_cast<sockaddr*>(&address), size) != 0 || fcntl(descriptor, F_SETFL, 0) != 0) {
    return Unavailable(Because("cannot connect: name=" + name, errno));
  }
  return made;
}

UnixSocket::~UnixSocket() { close(descriptor_); }

std::unique_ptr<UnixSocket> UnixSocket::Accept() {
  const int descriptor = accept4(descriptor_, nullptr, nullptr, SOCK_CLOEXEC);
  return descriptor < 0 ? nullptr : std::unique_ptr<UnixSocket>(new UnixSocket(descriptor));
}

bool UnixSocket::IsPeerSameUser() const {
  ucred peer{};
  socklen_t size = sizeof(peer);
  return getsockopt(descriptor_, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 && peer.uid == geteuid();
}

void UnixSocket::SetStallTimeout(std::chrono::milliseconds timeout) {
  const timeval limit{timeout.count() / 1000, timeout.count() % 1000 * 1000};
  setsockopt(descriptor_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
  setsockopt(descriptor_, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
}

bool UnixSocket::WaitReadable(std::chrono::milliseconds timeout) const { return Poll(descriptor_, POLLIN, timeout); }

bool UnixSocket::WaitEnded(std::chrono::milliseconds timeout) const { return Poll(descriptor_, POLLRDHUP, timeout); }

arrow::Status UnixSocket::Send(std::string_view head, std::string_view body) {
  iovec pieces[2] = {{const_cast<char*>(head.data()), head.size()}, {const_cast<char*>(body.data()), body.size()}};
  msghdr message{};
  message.msg_iov = pieces;
  message.msg_iovlen = 2;
  while (pieces[0].iov_len + pieces[1].iov_len > 0) {
    const auto sent = sendmsg(descriptor_, &message, MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0) return Unavailable(Because("cannot send", errno));
    Advance(pieces, static_cast<size_t>(sent));
  }
  return arrow::Status::OK();
}

arrow::Status UnixSocket::Receive(void* into, size_t size) {
  for (size_t done = 0; done < size;) {
    const auto got = recv(descriptor_, static_cast<char*>(into) + done, size - done, 0);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return Unavailable(Because("cannot receive", errno));
    if (got == 0) return Unavailable("connection ended");
    done += static_cast<size_t>(got);
  }
  return arrow::Status::OK();
}

void UnixSocket::Shutdown() { shutdown(descriptor_, SHUT_RDWR); }

}  // namespace skein::core
