// Reads whole files. Free functions; any thread.
#pragma once

#include <cstddef>
#include <string>

#include <arrow/result.h>

namespace skein::core {

/// Reads a file of at most `limit` bytes. Errors (UserError) name the file and what the system said, or the limit that
/// it is over.
arrow::Result<std::string> ReadTextFile(const std::string& path, size_t limit);

}  // namespace skein::core
