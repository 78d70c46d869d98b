#include "engine/pinned_file.h"

#include <filesystem>
#include <system_error>

namespace skein::core {

void PinnedFile::Write(duckdb::Serializer& serializer) const {
  serializer.WriteProperty(100, "path", path);
  serializer.WriteProperty(101, "folder", folder);
  serializer.WriteProperty(102, "file_index", file_index);
  serializer.WriteProperty(103, "file_size", file_size);
  serializer.WriteProperty(104, "modified_ns", modified_ns);
}

void PinnedFile::Read(duckdb::Deserializer& deserializer) {
  deserializer.ReadProperty(100, "path", path);
  deserializer.ReadProperty(101, "folder", folder);
  deserializer.ReadProperty(102, "file_index", file_index);
  deserializer.ReadProperty(103, "file_size", file_size);
  deserializer.ReadProperty(104, "modified_ns", modified_ns);
}

std::string FolderOf(const std::string& path) {
  const bool is_relative = !path.empty() && path[0] != '/' && path[0] != '~';
  const bool is_elsewhere = duckdb::StringUtil::Contains(path, "://") || duckdb::StringUtil::StartsWith(path, "file:");
  if (!is_relative || is_elsewhere) return "";
  std::error_code error;
  return std::filesystem::current_path(error).string();
}

}  // namespace skein::core
