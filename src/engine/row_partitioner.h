// Cuts chunks of rows into blocks of an exchange's ranges: by the hash of keys, or in turn where there are none. Used
// by the fragment's sink and by the client's. One thread.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <vector>

#include <arrow/status.h>

#include "duckdb.hpp"
#include "duckdb/execution/expression_executor.hpp"
#include "engine/block_codec.h"
#include "exchange/block.h"
#include "plan/partition_range.h"

namespace skein::core {

/// What the keys of a row say.
enum class KeyMeaning {
  kHashed,  // their hash names the range
  kIndex    // there is one, a BIGINT: the number of the range
};

class RowPartitioner {
 public:
  /// Takes a finished block; throws DuckDB's exceptions.
  using Output = std::function<void(Block)>;

  /// `keys` and `ranges` must outlive the partitioner. Several ranges without keys: whole blocks go to the ranges in
  /// turn.
  RowPartitioner(duckdb::ClientContext& context, const duckdb::vector<duckdb::unique_ptr<duckdb::Expression>>& keys,
                 const duckdb::vector<duckdb::LogicalType>& row_types, const std::vector<PartitionRange>& ranges,
                 std::atomic<uint64_t>& next_range, Output output, KeyMeaning meaning = KeyMeaning::kHashed);

  void Append(duckdb::DataChunk& chunk);
  /// Gives out what is left.
  void Flush();

 private:
  bool is_by_key() const { return ranges_.size() > 1 && keys_.ColumnCount() > 0; }
  /// Fills partitions_ for the rows of keys_.
  void FindPartitions(duckdb::idx_t count);
  void Route(duckdb::idx_t count);
  void AppendTo(duckdb::idx_t encoder, duckdb::DataChunk& rows);
  void FlushEncoder(duckdb::idx_t encoder);

  duckdb::ClientContext& context_;
  const duckdb::vector<duckdb::LogicalType> row_types_;
  const std::vector<PartitionRange>& ranges_;
  std::atomic<uint64_t>& next_range_;
  Output output_;
  const KeyMeaning meaning_;
  duckdb::ExpressionExecutor executor_;
  duckdb::DataChunk keys_;
  duckdb::DataChunk slice_;
  uint32_t partitions_[STANDARD_VECTOR_SIZE];  // of each row
  std::vector<duckdb::SelectionVector> rows_of_;
  std::vector<duckdb::idx_t> counts_;
  std::vector<std::unique_ptr<BlockEncoder>> encoders_;
};

}  // namespace skein::core
