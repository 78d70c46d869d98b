#include "cli/text_file.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

#include "base/error.h"

namespace skein::core {

arrow::Result<std::string> ReadTextFile(const std::string& path, size_t limit) {
  const auto cannot = [&] { return UserError("cannot read " + path + ": " + std::strerror(errno)); };
  const std::unique_ptr<FILE, int (*)(FILE*)> in(std::fopen(path.c_str(), "re"), std::fclose);
  if (!in) return cannot();
  std::string text;
  char part[4096];
  while (text.size() < limit) {
    const size_t got = std::fread(part, 1, std::min(sizeof(part), limit - text.size()), in.get());
    if (std::ferror(in.get())) return cannot();
    if (got == 0) break;
    text.append(part, got);
  }
  return text;
}

}  // namespace skein::core
