// An unlinked file that blocks are appended to: it vanishes with its last user, also in a crash. Shared by the store
// and its readers; any thread may call.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

#include <arrow/buffer.h>
#include <arrow/result.h>

namespace skein::core {

class SpillFile {
 public:
  /// Creates the file. Errors (WorldError) name the directory.
  static arrow::Result<std::shared_ptr<SpillFile>> Make(const std::string& directory);
  ~SpillFile();
  SpillFile(const SpillFile&) = delete;
  SpillFile& operator=(const SpillFile&) = delete;

  /// Reserves `size` bytes and returns their offset; never blocks.
  uint64_t Reserve(uint64_t size) { return end_.fetch_add(size); }
  /// Writes all of `data` at a reserved offset. Errors (WorldError, naming the directory): disk full, I/O.
  arrow::Status Write(uint64_t offset, const arrow::Buffer& data);
  /// Reads what was written. Errors (WorldError): I/O, end of file.
  arrow::Result<std::shared_ptr<arrow::Buffer>> Read(uint64_t offset, uint64_t size) const;

 private:
  SpillFile(int descriptor, std::string directory) : descriptor_(descriptor), directory_(std::move(directory)) {}
  arrow::Status Error(const char* what, int code) const;
  arrow::Status Full(int code) const;

  const int descriptor_;
  const std::string directory_;
  std::atomic<uint64_t> end_{0};
};

}  // namespace skein::core
