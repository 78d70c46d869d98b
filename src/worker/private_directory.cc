#include "worker/private_directory.h"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/ids.h"

namespace skein::core {
namespace {

namespace fs = std::filesystem;

constexpr char kPrefix[] = "skein-worker-";
constexpr char kLock[] = "lock";

arrow::Status CannotMake(const std::string& path) {
  return WorldError("cannot make the directory " + path + ": " + std::strerror(errno));
}

/// A lock that can be taken has no owner left: the kernel gives it back when a process ends, however that happens.
void RemoveIfAbandoned(const fs::path& path) {
  const int lock = open((path / kLock).c_str(), O_RDWR | O_CLOEXEC);
  if (lock < 0) return;
  std::error_code ignored;
  if (flock(lock, LOCK_EX | LOCK_NB) == 0) fs::remove_all(path, ignored);
  close(lock);
}

void RemoveAbandoned(const std::string& parent) {
  std::error_code error;
  for (fs::directory_iterator at(parent, error), end; !error && at != end; at.increment(error)) {
    if (at->path().filename().string().starts_with(kPrefix)) RemoveIfAbandoned(at->path());
  }
}

}  // namespace

arrow::Result<std::unique_ptr<PrivateDirectory>> PrivateDirectory::Make(const std::string& parent) {
  RemoveAbandoned(parent);
  const std::string path = parent + "/" + kPrefix + std::to_string(getpid()) + "-" + RandomHex(8);
  if (mkdir(path.c_str(), 0700) != 0) return CannotMake(path);
  // Locked before it gets its name, so that nobody finds it unlocked.
  const std::string unnamed = path + "/new-lock";
  const int lock = open(unnamed.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (lock < 0 || flock(lock, LOCK_EX | LOCK_NB) != 0 || rename(unnamed.c_str(), (path + "/" + kLock).c_str()) != 0) {
    return CannotMake(path);
  }
  return std::unique_ptr<PrivateDirectory>(new PrivateDirectory(path, lock));
}

PrivateDirectory::~PrivateDirectory() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
  close(lock_);
}

arrow::Result<std::string> PrivateDirectory::MakeSubdirectory(const std::string& name) const {
  std::string path = path_ + "/" + name;
  if (mkdir(path.c_str(), 0700) != 0) return CannotMake(path);
  return path;
}

}  // namespace skein::core
