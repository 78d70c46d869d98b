// The version of a local file to the nanosecond, where DuckDB's own stamp has seconds: two writes in one second are two
// versions. Values; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace skein::core {

struct FileVersion {
  uint64_t device = 0;
  uint64_t inode = 0;
  uint64_t size = 0;
  int64_t modified_ns = 0;  // since the epoch
  /// Not a pipe, device or folder.
  bool is_regular = false;

  /// Asks the operating system. Nothing where it knows no such path: a URL, a file that is gone.
  static std::optional<FileVersion> Of(const std::string& path);

  /// Says whether some descriptor of this process is of the very file.
  bool IsOpenInThisProcess() const;

  /// Says whether the very file that was seen was written to until `now`. One that was replaced by another file is not:
  /// who has it open reads the old one.
  bool IsOverwritten(const std::optional<FileVersion>& now) const {
    return now && now->inode == inode && (now->size != size || now->modified_ns != modified_ns);
  }
};

}  // namespace skein::core
