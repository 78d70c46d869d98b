// A file of a scan as it was when the query began, on the wire: what a worker opens must be that very version. Values.
#pragma once

#include <cstdint>
#include <string>

#include "duckdb.hpp"
#include "duckdb/common/serializer/deserializer.hpp"
#include "duckdb/common/serializer/serializer.hpp"

namespace skein::core {

struct PinnedFile {
  /// As people know it.
  std::string path;
  /// What a relative path was relative to: the working directory of the client's process. Empty for other paths.
  std::string folder;
  /// Position in the scan's list of files: the value of the virtual column file_index.
  uint64_t file_index = 0;
  uint64_t file_size = 0;
  /// Nanoseconds since the epoch, of a file that the client's operating system knows; otherwise 0.
  int64_t modified_ns = 0;

  /// The path that means the same file to every process of the machine.
  std::string path_to_open() const { return folder.empty() ? path : folder + "/" + path; }

  /// Fields 100 to 104 of an object.
  void Write(duckdb::Serializer& serializer) const;
  void Read(duckdb::Deserializer& deserializer);
};

/// The folder that `path` is relative to now; empty where it is no relative path of a local file.
std::string FolderOf(const std::string& path);

}  // namespace skein::core
