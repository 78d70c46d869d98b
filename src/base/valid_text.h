// Texts that are not ours, such as names of files, for fields and columns that hold UTF-8. Free functions; any thread.
#pragma once

#include <string>
#include <string_view>

namespace skein::core {

/// Returns the position of the first byte that is not part of a character in UTF-8; the size of `text` without one.
size_t FirstInvalidByte(std::string_view text);

/// Returns `text` with a question mark for each byte that is not part of a character in UTF-8.
std::string ValidText(std::string_view text);

}  // namespace skein::core
