// What is said when a file of a split scan cannot be read as it was planned. Any thread.
#pragma once

#include <exception>
#include <string>

namespace skein::core {

/// Throws an IOException that names the file, which is not the one that was planned.
[[noreturn]] void ThrowChanged(const std::string& path);

/// Throws DuckDB's error, which came while the file was read, with the file's name in it and never of a class that ends
/// a database.
[[noreturn]] void ThrowReadError(const std::string& path, const std::exception& error);

}  // namespace skein::core
