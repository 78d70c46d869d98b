#include "engine/line_range.h"

#include <algorithm>
#include <cstring>

namespace skein::core {
namespace {

using duckdb::FileHandle;
using duckdb::FileOpenFlags;
using duckdb::idx_t;

constexpr const char* kPrefix = "skein_lines:";
constexpr idx_t kBlock = 4096;
constexpr const char kByteOrderMark[] = "\xEF\xBB\xBF";

class LineRangeHandle : public FileHandle {
 public:
  LineRangeHandle(duckdb::FileSystem& system, const std::string& path, FileOpenFlags flags,
                  duckdb::unique_ptr<FileHandle> of_file, idx_t range_begin, idx_t range_end)
      : FileHandle(system, path, flags), file(std::move(of_file)) {
    begin = LineFrom(range_begin);
    end = LineFrom(range_end);
  }
  void Close() override { file->Close(); }

  idx_t size() const { return end - begin; }
  int64_t ReadAt(void* buffer, int64_t bytes, idx_t location) const {
    const auto count = std::min<idx_t>(static_cast<idx_t>(bytes), size() - std::min(location, size()));
    if (count > 0) file->Read(buffer, count, begin + location);
    return static_cast<int64_t>(count);
  }

  const duckdb::unique_ptr<FileHandle> file;
  idx_t begin = 0;
  idx_t end = 0;
  idx_t position = 0;

 private:
  // Where the first line begins at `from` or behind it. Both neighbours of a border find the same. Where its file
  // begins, and there alone, a reader forgives a byte order mark, and one of CSV a line's end that is not the
  // dialect's: no range begins with one of those that the file has elsewhere.
  idx_t LineFrom(idx_t from) const {
    const auto file_size = file->GetFileSize();
    if (from == 0) return 0;
    for (auto at = from - 1; at < file_size;) {
      char block[kBlock];
      const auto count = std::min(kBlock, file_size - at);
      file->Read(block, count, at);
      const auto* newline = static_cast<const char*>(std::memchr(block, '\n', count));
      at += newline == nullptr ? count : static_cast<idx_t>(newline - block) + 1;
      if (newline != nullptr && !IsForgiven(at, file_size)) return at;
    }
    return file_size;
  }

  bool IsForgiven(idx_t at, idx_t file_size) const {
    char found[3] = {};
    file->Read(found, std::min<idx_t>(sizeof(found), file_size - at), at);
    return found[0] == '\r' || found[0] == '\n' || std::memcmp(found, kByteOrderMark, sizeof(found)) == 0;
  }
};

LineRangeHandle& Of(FileHandle& handle) { return static_cast<LineRangeHandle&>(handle); }

class LineRangeFileSystem : public duckdb::FileSystem {
 public:
  duckdb::unique_ptr<FileHandle> OpenFile(const std::string& path, FileOpenFlags flags,
                                          duckdb::optional_ptr<duckdb::FileOpener>) override {
    size_t read = 0;
    auto rest = path.substr(std::strlen(kPrefix));
    const auto begin = std::stoull(rest, &read);
    rest = rest.substr(read + 1);
    const auto end = std::stoull(rest, &read);
    auto file = local_->OpenFile(rest.substr(read + 1), duckdb::FileFlags::FILE_FLAGS_READ);
    return duckdb::make_uniq<LineRangeHandle>(*this, path, flags, std::move(file), begin, end);
  }
  bool CanHandleFile(const std::string& path) override { return duckdb::StringUtil::StartsWith(path, kPrefix); }
  std::string GetName() const override { return "SkeinLineRange"; }

  void Read(FileHandle& handle, void* buffer, int64_t bytes, idx_t location) override {
    if (Of(handle).ReadAt(buffer, bytes, location) == bytes) return;
    throw duckdb::IOException("\"%s\" ends before what is to be read", handle.GetPath());
  }
  int64_t Read(FileHandle& handle, void* buffer, int64_t bytes) override {
    const auto count = Of(handle).ReadAt(buffer, bytes, Of(handle).position);
    Of(handle).position += static_cast<idx_t>(count);
    return count;
  }
  int64_t GetFileSize(FileHandle& handle) override { return static_cast<int64_t>(Of(handle).size()); }
  duckdb::timestamp_t GetLastModifiedTime(FileHandle& handle) override {
    return local_->GetLastModifiedTime(*Of(handle).file);
  }
  duckdb::FileType GetFileType(FileHandle&) override { return duckdb::FileType::FILE_TYPE_REGULAR; }
  void Seek(FileHandle& handle, idx_t location) override { Of(handle).position = location; }
  void Reset(FileHandle& handle) override { Of(handle).position = 0; }
  idx_t SeekPosition(FileHandle& handle) override { return Of(handle).position; }
  bool CanSeek() override { return true; }
  bool OnDiskFile(FileHandle&) override { return true; }

 private:
  const duckdb::unique_ptr<duckdb::FileSystem> local_ = duckdb::FileSystem::CreateLocal();
};

}  // namespace

std::string LineRangePath(const std::string& path, uint64_t begin, uint64_t end) {
  return kPrefix + std::to_string(begin) + "-" + std::to_string(end) + ":" + path;
}

duckdb::unique_ptr<duckdb::FileSystem> MakeLineRangeFileSystem() { return duckdb::make_uniq<LineRangeFileSystem>(); }

}  // namespace skein::core
