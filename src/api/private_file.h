// Whole files that only this user may read, and the statuses of what goes wrong with them. Functions; any thread.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <system_error>

#include <arrow/buffer.h>
#include <arrow/result.h>

namespace skein {

/// Writes a new file with mode 0600 down to the disk. Errors (IOError): it is there already, or cannot be written.
arrow::Status WritePrivateFile(const std::filesystem::path& path, const arrow::Buffer& bytes);

/// Reads a file. Errors (IOError) name it.
arrow::Result<std::shared_ptr<arrow::Buffer>> ReadWholeFile(const std::filesystem::path& path);

/// An error of the world: what could not be done, with which file, and why.
arrow::Status FileError(const std::string& what, const std::filesystem::path& path, const std::error_code& why);

}  // namespace skein
