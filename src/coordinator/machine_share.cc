#include "coordinator/machine_share.h"

#include <algorithm>
#include <thread>

#include <unistd.h>

namespace skein::core {

int DefaultWorkerThreads(uint32_t workers) {
  return static_cast<int>(std::max(1u, std::thread::hardware_concurrency() / std::max(1u, workers)));
}

uint64_t DefaultWorkerMemoryBytes(uint32_t workers) {
  const uint64_t ram_bytes =
      static_cast<uint64_t>(sysconf(_SC_PHYS_PAGES)) * static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
  return ram_bytes / 5 * 4 / (workers + 1);
}

}  // namespace skein::core
