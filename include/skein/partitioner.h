// Puts the rows of batches into partitions, with the hash and the order of values of the engine. A value: copies are
// cheap and share a private DuckDB that the first hash or range opens. Any thread may call.
//
//   const auto partitioner = skein::Partitioner::Hash({"customer_id"}, 4);
//   ARROW_ASSIGN_OR_RAISE(const auto partitions, partitioner.Partition(batches));  // partitions.size() == 4
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <arrow/record_batch.h>
#include <arrow/result.h>

#include "skein/export.h"
#include "skein/partition_strategy.h"

namespace skein {

namespace core {
class BatchKernels;
}

class SKEIN_EXPORT Partitioner {
 public:
  static Partitioner Hash(std::vector<std::string> key_columns, uint32_t num_partitions);
  static Partitioner Range(std::string key_column, std::vector<RangeBoundary> boundaries);
  static Partitioner RoundRobin(uint32_t num_partitions);
  static Partitioner Make(PartitionStrategy strategy);

  /// Returns the rows of each partition: batches of the given schema, in the given order, rows of one batch in their
  /// order. A batch without rows is left out, so a partition may have no batch. To which partition a row goes by hash
  /// or range depends on its keys alone. Time zone timestamps are read in microseconds, as DuckDB does.
  ///
  /// Errors (Invalid): no partition, no key column or more than kMaxPartitions; a key column that is not there or whose
  /// type DuckDB cannot read; boundaries that do not ascend or do not fit the column; batches of different schemas.
  arrow::Result<std::vector<arrow::RecordBatchVector>> Partition(const arrow::RecordBatchVector& batches) const;

  const PartitionStrategy& strategy() const { return strategy_; }

 private:
  explicit Partitioner(PartitionStrategy strategy);

  PartitionStrategy strategy_;
  std::shared_ptr<core::BatchKernels> kernels_;
};

}  // namespace skein
