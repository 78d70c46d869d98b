// What one of several local workers may use of this machine by default. Any thread.
#pragma once

#include <cstdint>

namespace skein::core {

/// Returns cores / workers, at least 1.
int DefaultWorkerThreads(uint32_t workers);
/// Returns 0.8 * RAM / (workers + 1): the user's own process has a share, too.
uint64_t DefaultWorkerMemoryBytes(uint32_t workers);

}  // namespace skein::core
