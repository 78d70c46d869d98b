// Compares secrets. Free functions; any thread.
#pragma once

#include <string_view>

namespace skein::core {

/// Takes the same time wherever the first difference is; only the length may be learned.
inline bool EqualsInConstantTime(std::string_view given, std::string_view expected) {
  if (given.size() != expected.size()) return false;
  volatile unsigned char difference = 0;
  for (size_t i = 0; i < expected.size(); i++) {
    difference = static_cast<unsigned char>(difference | (given[i] ^ expected[i]));
  }
  return difference == 0;
}

}  // namespace skein::core
