// A file system that shows the lines of a local file which begin in a range of its bytes as a file of their own, to a
// reader of lines that is to read a part. Paths name range and file; nobody but Skein writes such paths. Any thread;
// a handle: one.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "duckdb.hpp"
#include "duckdb/common/file_system.hpp"

namespace skein::core {

/// The path of the lines of the file at `path` that begin in [begin, end).
std::string LineRangePath(const std::string& path, uint64_t begin, uint64_t end);

duckdb::unique_ptr<duckdb::FileSystem> MakeLineRangeFileSystem();

}  // namespace skein::core
