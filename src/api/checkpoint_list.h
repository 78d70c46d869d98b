// The list of a checkpoint: which stages are completed, and where their data is. A value, with its bytes.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <arrow/buffer.h>
#include <arrow/result.h>

namespace skein {

struct CheckpointedStage {
  uint32_t stage = 0;
  /// The name of the file with its data, in the list's directory; empty where none is kept.
  std::string file;
  uint64_t checksum = 0;  // XXH3-64 of the file
};

/// Writes a list as an Arrow IPC stream.
arrow::Result<std::shared_ptr<arrow::Buffer>> SerializeList(const std::vector<CheckpointedStage>& stages);
/// Errors (Invalid): these are not the bytes of a list.
arrow::Result<std::vector<CheckpointedStage>> ParseList(std::shared_ptr<arrow::Buffer> bytes);

}  // namespace skein
