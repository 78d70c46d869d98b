// Makes wrong bytes of right ones, the same for the same seed. For tests of what takes bytes from elsewhere.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <random>
#include <string>

namespace skein::core {

/// Returns how often each input is mutated; SKEIN_FUZZ_ROUNDS asks for more.
inline int FuzzRounds(int usual) {
  const char* asked = std::getenv("SKEIN_FUZZ_ROUNDS");
  return asked != nullptr ? std::atoi(asked) : usual;
}

class ByteMutator {
 public:
  explicit ByteMutator(uint64_t seed) : random_(seed) {}

  /// Returns `bytes` with one to four changes.
  std::string Mutate(std::string bytes) {
    for (auto changes = Below(4) + 1; changes > 0; changes--) Change(bytes);
    return bytes;
  }

  size_t Below(size_t limit) { return limit == 0 ? 0 : random_() % limit; }

 private:
  void Change(std::string& bytes) {
    const auto at = Below(bytes.size() + 1);
    const auto length = std::min(bytes.size() - at, Below(16) + 1);
    switch (Below(6)) {
      case 0:
        if (at < bytes.size()) bytes[at] = static_cast<char>(bytes[at] ^ (1 << Below(8)));
        return;
      case 1:
        return Overwrite(bytes, at, length);
      case 2:
        bytes.resize(at);
        return;
      case 3:
        bytes.erase(at, length);
        return;
      case 4:
        bytes.insert(at, bytes.substr(at, length));
        return;
      default:
        bytes.insert(at, 1, static_cast<char>(random_()));
    }
  }

  /// With what lengths and offsets are most often wrong by.
  void Overwrite(std::string& bytes, size_t at, size_t length) {
    constexpr uint64_t kNumbers[] = {
        0, 1, 0x7f, 0x80, 0xffff, 0x7fffffff, 0x80000000, 0xffffffff, ~uint64_t{0} >> 1, ~uint64_t{0}};
    const uint64_t number = kNumbers[Below(std::size(kNumbers))];
    std::memcpy(bytes.data() + at, &number, std::min(length, sizeof(number)));
  }

  std::mt19937_64 random_;
};

}  // namespace skein::core
