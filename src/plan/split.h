// The unit of work of a scan: what DuckDB itself would hand to one of its threads (row groups of a Parquet file), or a
// whole text file. Value.
#pragma once

#include <cstdint>
#include <string>

#include "base/ids.h"

namespace skein::core {

struct Split {
  SplitId id = 0;
  /// Opaque to all rooms but engine: which file (pinned by size and modification time) and which part of it.
  std::string payload;
  uint64_t rows = 0;  // 0 where it is not known: of text files
};

}  // namespace skein::core
