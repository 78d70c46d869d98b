#include "exchange/block.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace skein::core {

uint64_t ChecksumOf(const arrow::Buffer& data) { return XXH3_64bits(data.data(), static_cast<size_t>(data.size())); }

}  // namespace skein::core
