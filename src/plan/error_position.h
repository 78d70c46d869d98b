// A place in plain order: the order in which DuckDB with one thread would do the work of a stage. Value.
#pragma once

#include <compare>
#include <cstdint>

#include "base/ids.h"

namespace skein::core {

struct ErrorPosition {
  static constexpr SplitId kAfterSplits = UINT32_MAX;

  /// Counts the sources of the fragment that were asked for rows before this one.
  uint32_t source = 0;
  /// The split that was read last, or kAfterSplits once the source had come to its end; 0 at an input exchange.
  SplitId split = 0;
  auto operator<=>(const ErrorPosition&) const = default;
};

}  // namespace skein::core
