#include "base/ids.h"

#include <cstdio>
#include <cstring>

#include <sys/random.h>

#include "base/error.h"

namespace skein::core {
namespace {

void FillRandom(void* out, size_t size) {
  auto* at = static_cast<char*>(out);
  while (size > 0) {
    const auto got = getrandom(at, size, 0);
    if (got <= 0) continue;  // only a signal interrupts it
    at += got;
    size -= static_cast<size_t>(got);
  }
}

}  // namespace

uint64_t RandomUint64() {
  uint64_t value;
  FillRandom(&value, sizeof(value));
  return value;
}

std::string RandomHex(int size) {
  std::string out;
  for (int i = 0; i < size; i++) {
    char digits[3];
    std::snprintf(digits, sizeof(digits), "%02x", static_cast<unsigned>(RandomUint64() & 0xff));
    out += digits;
  }
  return out;
}

QueryId QueryId::Random() { return {RandomUint64(), RandomUint64()}; }

std::string QueryId::ToString() const {
  char out[33];
  std::snprintf(out, sizeof(out), "%016llx%016llx", static_cast<unsigned long long>(high),
                static_cast<unsigned long long>(low));
  return out;
}

std::string QueryId::ToBytes() const {
  std::string out(16, '\0');
  std::memcpy(out.data(), &high, 8);
  std::memcpy(out.data() + 8, &low, 8);
  return out;
}

arrow::Result<QueryId> QueryId::FromBytes(std::string_view bytes) {
  if (bytes.size() != 16) return InternalError("a query id has 16 bytes, got " + std::to_string(bytes.size()));
  QueryId id;
  std::memcpy(&id.high, bytes.data(), 8);
  std::memcpy(&id.low, bytes.data() + 8, 8);
  return id;
}

std::string TaskKey::ToString() const {
  return "stage=" + std::to_string(stage) + " task=" + std::to_string(task) + " attempt=" + std::to_string(attempt);
}

}  // namespace skein::core
