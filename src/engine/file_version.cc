#include "engine/file_version.h"

#include <sys/stat.h>

namespace skein::core {

std::optional<FileVersion> FileVersion::Of(const std::string& path) {
  struct stat found;
  if (stat(path.c_str(), &found) != 0) return std::nullopt;
  FileVersion version;
  version.inode = found.st_ino;
  version.size = static_cast<uint64_t>(found.st_size);
  version.modified_ns = int64_t{found.st_mtim.tv_sec} * 1'000'000'000 + found.st_mtim.tv_nsec;
  return version;
}

}  // namespace skein::core
