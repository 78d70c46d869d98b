// Between DuckDB's chunks and the exchange's blocks: Arrow IPC where Arrow carries every type without loss, DuckDB's
// own chunk format otherwise. Both ends know the column types from their fragments; blocks carry none.
#pragma once

#include <memory>

#include <arrow/result.h>

#include "duckdb.hpp"
#include "exchange/block.h"

namespace skein::core {

/// Chooses the codec for rows of these types.
BlockCodec CodecFor(const duckdb::vector<duckdb::LogicalType>& types);

/// Collects rows into blocks. One thread.
class BlockEncoder {
 public:
  /// Rows whose encoded size a block should have, roughly: 1 MB travels best over Flight.
  static constexpr duckdb::idx_t kTargetBytes = 1 << 20;

  static std::unique_ptr<BlockEncoder> Make(duckdb::ClientContext& context,
                                            const duckdb::vector<duckdb::LogicalType>& types);
  virtual ~BlockEncoder() = default;
  /// Copies all rows of `chunk`.
  virtual void Append(duckdb::DataChunk& chunk) = 0;
  virtual bool IsEmpty() const = 0;
  /// True when it is time to Finish.
  virtual bool IsFull() const = 0;
  /// Makes a block (range and sequence not set) of the rows so far and starts anew. REQUIRES: not IsEmpty().
  virtual arrow::Result<Block> Finish() = 0;
};

/// Reads blocks back. One thread.
class BlockDecoder {
 public:
  static std::unique_ptr<BlockDecoder> Make(duckdb::ClientContext& context, BlockCodec codec,
                                            const duckdb::vector<duckdb::LogicalType>& types);
  virtual ~BlockDecoder() = default;
  /// Starts on a block. Errors: bytes that are not of this codec and these types. REQUIRES: its checksum was checked
  /// (Receiver does): offsets inside columns are trusted.
  virtual arrow::Status Start(const Block& block) = 0;
  /// Fills `out` with the next rows of the block; false at its end.
  virtual arrow::Result<bool> Next(duckdb::DataChunk& out) = 0;
};

}  // namespace skein::core
