#include "cli/text_file.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

#include <sys/stat.h>

#include "base/error.h"

namespace skein::core {

arrow::Result<std::string> ReadTextFile(const std::string& path, size_t limit) {
  const auto cannot = [&] { return UserError("cannot read " + path + ": " + std::strerror(errno)); };
  const auto is_too_long = [&] {
    return UserError("cannot read " + path + ": it is too long: limit_bytes=" + std::to_string(limit));
  };
  const std::unique_ptr<FILE, int (*)(FILE*)> in(std::fopen(path.c_str(), "re"), std::fclose);
  if (!in) return cannot();
  struct stat about {};
  if (fstat(fileno(in.get()), &about) == 0 && about.st_size > 0 && static_cast<size_t>(about.st_size) > limit) {
    return is_too_long();
  }
  std::string text;
  char part[4096];
  while (true) {
    const size_t got = std::fread(part, 1, sizeof(part), in.get());
    if (std::ferror(in.get())) return cannot();
    if (got == 0) return text;
    if (got > limit - text.size()) return is_too_long();  // a device has no size
    text.append(part, got);
  }
}

}  // namespace skein::core
