// What a unit holds in all, to compare what one end sent with what the other took. Value.
#pragma once

#include <cstdint>
#include <string>

#include "exchange/block.h"

namespace skein::core {

struct UnitTotals {
  uint64_t blocks = 0;
  uint64_t rows = 0;
  uint64_t bytes = 0;
  uint64_t checksum = 0;
  bool operator==(const UnitTotals&) const = default;

  static UnitTotals Of(const UnitTrailer& trailer) {
    UnitTotals totals;
    for (const auto& part : trailer.parts) {
      totals.blocks += part.blocks;
      totals.rows += part.rows;
      totals.bytes += part.bytes;
      totals.checksum += part.checksum;
    }
    return totals;
  }

  void Add(const Block& block) {
    blocks++;
    rows += block.rows;
    bytes += static_cast<uint64_t>(block.data->size());
    checksum += block.checksum;
  }

  /// "blocks=3 rows=100 bytes=4000 checksum=17"
  std::string ToString() const {
    return "blocks=" + std::to_string(blocks) + " rows=" + std::to_string(rows) + " bytes=" + std::to_string(bytes) +
           " checksum=" + std::to_string(checksum);
  }
};

}  // namespace skein::core
