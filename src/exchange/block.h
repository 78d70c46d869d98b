// What the exchange moves: opaque bytes with a frame. The same block is in memory, on disk and on the wire. Values.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include <arrow/buffer.h>

#include "base/ids.h"
#include "plan/partition_range.h"

namespace skein::core {

/// How the bytes of a block are to be read; only engine knows the codecs.
enum class BlockCodec : uint8_t { kArrowIpc = 1, kDuckDbChunk = 2 };

struct Block {
  PartitionRange range;
  /// Position within its unit, from 0, over all ranges. Ordered exchanges rely on it.
  uint32_t sequence = 0;
  uint64_t rows = 0;
  BlockCodec codec = BlockCodec::kArrowIpc;
  /// XXH3-64 of the bytes.
  uint64_t checksum = 0;
  /// Not null. Starts at any address when it came over the wire: who needs alignment sees to it.
  std::shared_ptr<arrow::Buffer> data;
};

/// Computes the checksum that a block of these bytes carries.
uint64_t ChecksumOf(const arrow::Buffer& data);

/// Names one delivery unit: the output of one attempt for a recorded set of inputs.
struct UnitKey {
  QueryId query;
  ExchangeId exchange = 0;
  uint32_t task = 0;  // of the producing stage
  AttemptId attempt = 0;
  Incarnation incarnation = 0;
  uint32_t unit = 0;  // counts the units of one attempt from 0
  auto operator<=>(const UnitKey&) const = default;
};

/// One split of one scan that went into a unit.
struct UnitInput {
  ScanId scan = 0;
  SplitId split = 0;
  auto operator<=>(const UnitInput&) const = default;
};

/// What one range of a unit holds.
struct UnitPart {
  PartitionRange range;
  uint64_t blocks = 0;
  uint64_t rows = 0;
  uint64_t bytes = 0;
  /// The sum of the checksums of the part's blocks, modulo 2^64: independent of their order.
  uint64_t checksum = 0;
};

/// Closes a unit: lineage and content ride with the data.
struct UnitTrailer {
  UnitKey key;
  std::vector<UnitInput> inputs;
  /// One entry for each range that blocks were appended with.
  std::vector<UnitPart> parts;
};

}  // namespace skein::core
