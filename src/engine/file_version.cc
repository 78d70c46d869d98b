#include "engine/file_version.h"

#include <sys/stat.h>

#include <filesystem>

namespace skein::core {
namespace {

FileVersion VersionOf(const struct stat& found) {
  FileVersion version;
  version.device = found.st_dev;
  version.inode = found.st_ino;
  version.size = static_cast<uint64_t>(found.st_size);
  version.modified_ns = int64_t{found.st_mtim.tv_sec} * 1'000'000'000 + found.st_mtim.tv_nsec;
  version.is_regular = S_ISREG(found.st_mode);
  return version;
}

}  // namespace

std::optional<FileVersion> FileVersion::Of(const std::string& path) {
  struct stat found;
  if (stat(path.c_str(), &found) != 0) return std::nullopt;
  return VersionOf(found);
}

bool FileVersion::IsOpenInThisProcess() const {
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd", error)) {
    // Through the link: the file that is open, also when its name is gone. A descriptor that was closed meanwhile is
    // none.
    const auto open = Of(entry.path().string());
    if (open && open->device == device && open->inode == inode) return true;
  }
  return false;
}

}  // namespace skein::core
