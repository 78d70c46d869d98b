#include "api/private_file.h"

#include <cerrno>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <arrow/io/file.h>

#include "base/error.h"

namespace skein {
namespace {

std::error_code LastError() { return {errno, std::generic_category()}; }

arrow::Status WriteAll(int file, const std::filesystem::path& path, const arrow::Buffer& bytes) {
  int64_t at = 0;
  while (at < bytes.size()) {
    const auto written = ::write(file, bytes.data() + at, static_cast<size_t>(bytes.size() - at));
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return FileError("cannot write", path, LastError());
    at += written;
  }
  return ::fsync(file) == 0 ? arrow::Status::OK() : FileError("cannot write", path, LastError());
}

}  // namespace

arrow::Status FileError(const std::string& what, const std::filesystem::path& path, const std::error_code& why) {
  return core::WorldError(what + " " + path.string() + ": " + why.message());
}

arrow::Status WritePrivateFile(const std::filesystem::path& path, const arrow::Buffer& bytes) {
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, S_IRUSR | S_IWUSR);
  if (file < 0) return FileError("cannot create", path, LastError());
  const auto status = WriteAll(file, path, bytes);
  ::close(file);
  return status;
}

arrow::Result<std::shared_ptr<arrow::Buffer>> ReadWholeFile(const std::filesystem::path& path) {
  const auto read = [&]() -> arrow::Result<std::shared_ptr<arrow::Buffer>> {
    ARROW_ASSIGN_OR_RAISE(const auto file, arrow::io::ReadableFile::Open(path.string()));
    ARROW_ASSIGN_OR_RAISE(const auto size, file->GetSize());
    return file->ReadAt(0, size);
  };
  auto bytes = read();
  if (!bytes.ok()) return core::WorldError("cannot read " + path.string() + ": " + bytes.status().message());
  return bytes;
}

}  // namespace skein
