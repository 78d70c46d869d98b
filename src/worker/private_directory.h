// A directory that only this process uses and that does not outlive it: removed by the destructor, and after a crash by
// the next process that makes one in the same place. Owned by the worker node; one thread.
#pragma once

#include <memory>
#include <string>

#include <arrow/result.h>

namespace skein::core {

class PrivateDirectory {
 public:
  /// Makes parent/skein-worker-<pid>-<random> with mode 0700, after removing those whose processes are gone.
  /// Errors (WorldError): it cannot be made; names the path.
  static arrow::Result<std::unique_ptr<PrivateDirectory>> Make(const std::string& parent);
  ~PrivateDirectory();
  PrivateDirectory(const PrivateDirectory&) = delete;
  PrivateDirectory& operator=(const PrivateDirectory&) = delete;

  const std::string& path() const { return path_; }
  /// Makes a subdirectory and returns its path.
  arrow::Result<std::string> MakeSubdirectory(const std::string& name) const;

 private:
  PrivateDirectory(std::string path, int lock) : path_(std::move(path)), lock_(lock) {}

  const std::string path_;
  /// A file in the directory, locked as long as the process lives.
  const int lock_;
};

}  // namespace skein::core
