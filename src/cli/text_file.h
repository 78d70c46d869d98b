// Reads whole files. Free functions; any thread.
#pragma once

#include <cstddef>
#include <string>

#include <arrow/result.h>

namespace skein::core {

/// Reads at most `limit` bytes, so that a device ends, too. Errors (UserError) name the file and what the system said.
arrow::Result<std::string> ReadTextFile(const std::string& path, size_t limit);

}  // namespace skein::core
