// The data plane among processes of one user on one host: the same units as over Flight (flight_channel.h), over a Unix
// socket, at about a third of the transport's processor time (docs/design/same-host.md has the figures). A worker's
// socket is named by its incarnation, so who finds the name has found that very life of that worker, on its own host;
// it vanishes with the process. Both ends ask the kernel for the other's user, and the reader sends the cluster's
// secret.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include <arrow/result.h>

#include "exchange/channel_resolver.h"
#include "exchange/retained_store.h"

namespace skein::core {

/// Serves the units of a store. Owned by the worker; has a thread of its own, and one for each connection.
class HostServer {
 public:
  /// Serves until destroyed. `store` must outlive it. Errors (WorldError): there are no such sockets here.
  static arrow::Result<std::unique_ptr<HostServer>> Start(Incarnation incarnation, std::string secret,
                                                          RetainedStore& store);
  virtual ~HostServer() = default;
};

struct HostChannelOptions {
  std::string secret;
  /// How long a worker of this host may take to answer before its units are read through `remote`.
  std::chrono::milliseconds greeting_timeout{1000};
};

/// Reads from workers of this host over their sockets, and through `remote` wherever that cannot be set up: another
/// host or user, a refused secret, no answer, too many streams at once. A stream that has begun never changes its way:
/// when it breaks, that is an error (Unavailable) that names the address. Next waits no longer than its timeout for an
/// item to begin; one that has begun is read to its end, or until Cancel.
std::shared_ptr<ChannelResolver> MakeHostChannelResolver(HostChannelOptions options,
                                                         std::shared_ptr<ChannelResolver> remote);

}  // namespace skein::core
