// A hash partition is a range of the 32-bit partition hash. Ranges do not depend on workers, threads or attempts, so a
// lost or skewed partition can be cut up without producing it anew. Values; any thread.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <vector>

namespace skein::core {

/// The rows whose 32-bit partition hash h has low <= h < high; `high` may be 2^32.
struct PartitionRange {
  static constexpr uint64_t kEnd = uint64_t{1} << 32;

  uint64_t low = 0;
  uint64_t high = kEnd;
  auto operator<=>(const PartitionRange&) const = default;

  static PartitionRange All() { return {}; }
  bool IsEmpty() const { return low >= high; }
  bool Contains(uint32_t hash) const { return low <= hash && hash < high; }
  bool Contains(const PartitionRange& other) const { return low <= other.low && other.high <= high; }
  bool Overlaps(const PartitionRange& other) const { return low < other.high && other.low < high; }
  /// "[00000000, 80000000)"
  std::string ToString() const;
};

/// Cuts the whole hash space into `count` >= 1 disjoint ranges of nearly equal width that cover it, in order.
std::vector<PartitionRange> SplitEvenly(uint32_t count);

/// Maps a 32-bit hash to its index among SplitEvenly(count): multiply and shift, no division.
inline uint32_t IndexOfHash(uint32_t hash, uint32_t count) {
  return static_cast<uint32_t>((static_cast<uint64_t>(hash) * count) >> 32);
}

}  // namespace skein::core
