#include "exchange/spill_file.h"

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include <fcntl.h>
#include <unistd.h>

#include "base/error.h"

namespace skein::core {
namespace {

int OpenUnlinked(const std::string& directory) {
  const int descriptor = open(directory.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  // Some file systems know no O_TMPFILE: ENOTSUP, or EISDIR from an old kernel.
  if (descriptor >= 0 || (errno != EOPNOTSUPP && errno != EISDIR)) return descriptor;
  std::string path = directory + "/skein-spill-XXXXXX";
  const int named = mkostemp(path.data(), O_CLOEXEC);
  if (named >= 0) unlink(path.c_str());
  return named;
}

// The disk, the user's quota, or the process's limit of a file's size.
bool IsFull(int code) { return code == ENOSPC || code == EDQUOT || code == EFBIG; }

}  // namespace

arrow::Result<std::shared_ptr<SpillFile>> SpillFile::Make(const std::string& directory) {
  const int descriptor = OpenUnlinked(directory);
  if (descriptor < 0) {
    return WorldError("cannot create a spill file: directory=" + directory + " error=" + std::strerror(errno));
  }
  return std::shared_ptr<SpillFile>(new SpillFile(descriptor, directory));
}

SpillFile::~SpillFile() { close(descriptor_); }

arrow::Status SpillFile::Error(const char* what, int code) const {
  return WorldError(std::string(what) + ": directory=" + directory_ + " error=" + std::strerror(code));
}

arrow::Status SpillFile::Full(int code) const {
  return WorldError("disk full while spilling: directory=" + directory_ + " error=" + std::strerror(code) +
                    "; make room there or put the workers' --temp-dir on a larger disk");
}

arrow::Status SpillFile::Write(uint64_t offset, const arrow::Buffer& data) {
  int64_t done = 0;
  while (done < data.size()) {
    const auto put = pwrite(descriptor_, data.data() + done, static_cast<size_t>(data.size() - done),
                            static_cast<off_t>(offset) + done);
    if (put < 0 && errno == EINTR) continue;
    if (put < 0 && IsFull(errno)) return Full(errno);
    if (put <= 0) return Error("cannot write the spill file", put < 0 ? errno : EIO);
    done += put;
  }
  return arrow::Status::OK();
}

arrow::Result<std::shared_ptr<arrow::Buffer>> SpillFile::Read(uint64_t offset, uint64_t size) const {
  ARROW_ASSIGN_OR_RAISE(std::shared_ptr<arrow::Buffer> out, arrow::AllocateBuffer(static_cast<int64_t>(size)));
  uint64_t done = 0;
  while (done < size) {
    const auto got = pread(descriptor_, out->mutable_data() + done, size - done, static_cast<off_t>(offset + done));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return Error("cannot read the spill file", errno);
    if (got == 0) return WorldError("spill file is too short: directory=" + directory_);
    done += static_cast<uint64_t>(got);
  }
  return out;
}

}  // namespace skein::core
