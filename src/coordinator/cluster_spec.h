// What the user writes in skein_cluster, as a value.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <arrow/result.h>

namespace skein::core {

/// "local:4", "local:4?threads=2&memory=4GB" or "host:port,host:port".
struct ClusterSpec {
  uint32_t local_workers = 0;          // > 0 for local:N
  std::vector<std::string> addresses;  // otherwise
  int threads = 0;                     // a local worker's; 0: cores / N, at least 1
  uint64_t memory_bytes = 0;           // a local worker's; 0: 0.8 * RAM / (N + 1)

  uint32_t worker_count() const { return local_workers > 0 ? local_workers : static_cast<uint32_t>(addresses.size()); }
  /// Errors (UserError) quote the text and say what would be right.
  static arrow::Result<ClusterSpec> Parse(const std::string& text);
  std::string ToString() const;
};

}  // namespace skein::core
