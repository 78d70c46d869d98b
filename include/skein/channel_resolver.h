// Where this process reaches a worker's ports: an extension point, for workers behind port forwarding, a tunnel or
// another network's names. Workers reach each other under their own addresses. examples/cpp/channel_resolver.cc shows
// one.
#pragma once

#include <string>

#include <arrow/result.h>

namespace skein {

class ChannelResolver {
 public:
  virtual ~ChannelResolver() = default;
  /// Returns the "host:port" to connect to for a worker's control or data address ("host:port" as the worker was
  /// registered, or its host with the data port). Its error becomes that of the worker or query. Any thread; called
  /// when a connection is opened, so it should not wait. It does not call the coordinator or its executors.
  virtual arrow::Result<std::string> Resolve(const std::string& address) = 0;
};

}  // namespace skein
