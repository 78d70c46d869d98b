// The secret that every RPC carries, for servers and clients of both planes.
#pragma once

#include <memory>
#include <string>

#include <arrow/flight/client.h>
#include <arrow/flight/server.h>

namespace skein::core {

/// Refuses calls whose "authorization" header is not "Bearer <secret>" (compared in constant time) with
/// Unauthenticated.
std::shared_ptr<arrow::flight::ServerMiddlewareFactory> RequireSecret(std::string secret);
/// Adds the header to a call's options.
void AddSecret(const std::string& secret, arrow::flight::FlightCallOptions& options);

}  // namespace skein::core
