#include "plan/partition_range.h"

#include <cassert>
#include <cstdio>

namespace skein::core {

std::string PartitionRange::ToString() const {
  char out[40];
  std::snprintf(out, sizeof(out), "[%08llx, %08llx)", static_cast<unsigned long long>(low),
                static_cast<unsigned long long>(high));
  return out;
}

std::vector<PartitionRange> SplitEvenly(uint32_t count) {
  assert(count >= 1);
  std::vector<PartitionRange> out;
  // The smallest hash with (hash * count) >> 32 == i is ceil(i * 2^32 / count): the same cut as IndexOfHash.
  auto boundary = [count](uint64_t i) { return (i * PartitionRange::kEnd + count - 1) / count; };
  for (uint64_t i = 0; i < count; i++) out.push_back({boundary(i), boundary(i + 1)});
  return out;
}

}  // namespace skein::core
