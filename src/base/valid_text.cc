#include "base/valid_text.h"

#include <cstdint>

namespace skein::core {
namespace {

bool IsContinuation(unsigned char byte) { return (byte & 0xc0) == 0x80; }

/// How many bytes the first character takes; 0: none begins here.
size_t FirstCharacterBytes(std::string_view text) {
  const auto at = [&](size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0; };
  const uint32_t first = at(0), second = at(1);
  if (first < 0x80) return 1;
  if (first < 0xc2 || first > 0xf4 || !IsContinuation(at(1))) return 0;
  if (first < 0xe0) return 2;
  if (!IsContinuation(at(2))) return 0;
  // Too long a form of a smaller number, halves of pairs of UTF-16, beyond the last character.
  if (first < 0xf0) return (first == 0xe0 && second < 0xa0) || (first == 0xed && second > 0x9f) ? 0 : 3;
  if (!IsContinuation(at(3))) return 0;
  return (first == 0xf0 && second < 0x90) || (first == 0xf4 && second > 0x8f) ? 0 : 4;
}

}  // namespace

size_t FirstInvalidByte(std::string_view text) {
  for (size_t at = 0; at < text.size();) {
    const size_t bytes = FirstCharacterBytes(text.substr(at));
    if (bytes == 0) return at;
    at += bytes;
  }
  return text.size();
}

std::string ValidText(std::string_view text) {
  std::string valid;
  valid.reserve(text.size());
  while (!text.empty()) {
    const size_t bytes = FirstCharacterBytes(text);
    if (bytes == 0) {
      valid += '?';
    } else {
      valid += text.substr(0, bytes);
    }
    text.remove_prefix(bytes == 0 ? 1 : bytes);
  }
  return valid;
}

}  // namespace skein::core
