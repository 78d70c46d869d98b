// The engine's kernels over Arrow batches, for those who have no DuckDB: by which hash rows are partitioned and by
// which keys they are sorted. Opens a private DuckDB in memory with its first call. Any thread may call; calls take
// turns.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include <arrow/array/array_binary.h>
#include <arrow/record_batch.h>
#include <arrow/result.h>

namespace skein::core {

/// How one column is sorted.
struct SortDirection {
  bool is_ascending = true;
  bool are_nulls_first = false;
};

class BatchKernels {
 public:
  /// Opens nothing yet.
  static std::unique_ptr<BatchKernels> Make();
  virtual ~BatchKernels() = default;

  /// Says whether DuckDB reads these columns. Errors (not implemented): it does not, with the column's name and type.
  virtual arrow::Status CheckReadable(const arrow::Schema& schema) = 0;
  /// Returns the engine's 32-bit partition hash (partition_hash.h) of each row; all columns of `keys`, at least one,
  /// are keys. Equal values have equal hashes, whatever their Arrow encoding is: a dictionary is
  /// read as its values, not as an ENUM.
  virtual arrow::Result<std::vector<uint32_t>> PartitionHash(const arrow::RecordBatch& keys) = 0;
  /// Returns bytes for each row that compare (memcmp, the shorter first) as DuckDB orders the rows by all columns of
  /// `keys`, the first one first. REQUIRES: one direction for each column.
  virtual arrow::Result<std::shared_ptr<arrow::LargeBinaryArray>> SortKeys(
      const arrow::RecordBatch& keys, const std::vector<SortDirection>& directions) = 0;
};

}  // namespace skein::core
