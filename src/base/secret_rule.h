// What a cluster's secret may be made of: it travels as the value of a header. Free functions; any thread.
#pragma once

#include <string_view>

#include <arrow/status.h>

namespace skein::core {

/// A server of the transport takes headers of 8 KiB in all.
constexpr size_t kMaxSecretBytes = 4096;

/// Errors (UserError) say what is wrong with `secret` and never show it. An empty one is wrong, too.
arrow::Status CheckSecret(std::string_view secret);

}  // namespace skein::core
