#include "exchange/host_protocol.h"

#include <cstdio>
#include <cstring>

#include "base/error.h"

namespace skein::core {
namespace {

/// Above all that is ever sent; below what would be dangerous to reserve for a peer that sends garbage.
constexpr uint64_t kMaxRequestBytes = uint64_t{64} << 10;
constexpr uint64_t kMaxFrameBytes = uint64_t{256} << 20;
constexpr uint64_t kMaxDataBytes = uint64_t{4} << 30;

struct Lengths {
  uint64_t first = 0;
  uint64_t second = 0;
};

std::string Encode(const Lengths& lengths) { return {reinterpret_cast<const char*>(&lengths), sizeof(lengths)}; }

arrow::Result<Lengths> ReceiveLengths(UnixSocket& socket, const Lengths& limits) {
  Lengths lengths;
  ARROW_RETURN_NOT_OK(socket.Receive(&lengths, sizeof(lengths)));
  if (lengths.first > limits.first || lengths.second > limits.second) {
    return Unavailable("malformed message: bytes=" + std::to_string(lengths.first) + "," +
                       std::to_string(lengths.second));
  }
  return lengths;
}

}  // namespace

std::string HostSocketName(Incarnation incarnation) {
  char name[32];
  std::snprintf(name, sizeof(name), "skein-%016llx", static_cast<unsigned long long>(incarnation));
  return name;
}

arrow::Status SendRequest(UnixSocket& socket, const HostRequest& request) {
  return socket.Send(Encode({request.secret.size(), request.units.size()}) + request.secret, request.units);
}

arrow::Result<HostRequest> ReceiveRequest(UnixSocket& socket) {
  ARROW_ASSIGN_OR_RAISE(const auto lengths, ReceiveLengths(socket, {kMaxRequestBytes, kMaxRequestBytes}));
  HostRequest request;
  request.secret.resize(lengths.first);
  request.units.resize(lengths.second);
  ARROW_RETURN_NOT_OK(socket.Receive(request.secret.data(), request.secret.size()));
  ARROW_RETURN_NOT_OK(socket.Receive(request.units.data(), request.units.size()));
  return request;
}

arrow::Status SendMessage(UnixSocket& socket, std::string_view frame, const arrow::Buffer* data) {
  std::string_view body;
  if (data != nullptr && data->size() > 0) body = std::string_view(*data);
  return socket.Send(Encode({frame.size(), body.size()}) + std::string(frame), body);
}

arrow::Result<HostMessage> ReceiveMessage(UnixSocket& socket) {
  ARROW_ASSIGN_OR_RAISE(const auto lengths, ReceiveLengths(socket, {kMaxFrameBytes, kMaxDataBytes}));
  HostMessage message;
  message.frame.resize(lengths.first);
  ARROW_RETURN_NOT_OK(socket.Receive(message.frame.data(), message.frame.size()));
  ARROW_ASSIGN_OR_RAISE(message.data, arrow::AllocateBuffer(static_cast<int64_t>(lengths.second)));
  ARROW_RETURN_NOT_OK(socket.Receive(message.data->mutable_data(), lengths.second));
  return message;
}

}  // namespace skein::core
