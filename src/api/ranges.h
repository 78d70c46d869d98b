// The check that settings lie in their ranges.
#pragma once

#include <cstdint>
#include <string>

#include <arrow/status.h>

namespace skein {

/// Returns Invalid with the setting's name, value and range if it lies outside.
inline arrow::Status CheckRange(const std::string& setting, uint64_t value, uint64_t least, uint64_t most) {
  if (least <= value && value <= most) return arrow::Status::OK();
  return arrow::Status::Invalid(setting, " = ", value, " is out of range: ", least, " to ", most);
}

}  // namespace skein
