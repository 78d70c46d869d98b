// What happens to rows between two stages: they are partitioned, gathered or copied. A value; any thread may call.
//
//   ARROW_ASSIGN_OR_RAISE(const auto partitions, skein::Exchange::Hash({"key"}, 4).Execute(batches));
//   ARROW_ASSIGN_OR_RAISE(const auto single, skein::Exchange::Gather().Execute(batches));  // single.size() == 1
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include <arrow/record_batch.h>
#include <arrow/result.h>

#include "skein/export.h"
#include "skein/partitioner.h"

namespace skein {

class SKEIN_EXPORT Exchange {
 public:
  /// Rows with equal keys meet in one of `num_partitions`.
  static Exchange Hash(std::vector<std::string> key_columns, uint32_t num_partitions);
  /// Batches go to the partitions in turn.
  static Exchange RoundRobin(uint32_t num_partitions);
  /// All batches go to the only partition.
  static Exchange Gather();
  /// All batches go to each partition.
  static Exchange Broadcast(uint32_t num_partitions);

  /// Returns the batches of each partition; batches without rows are left out. Errors (Invalid): those of
  /// Partitioner::Partition.
  arrow::Result<std::vector<arrow::RecordBatchVector>> Execute(const arrow::RecordBatchVector& batches) const;

 private:
  /// All batches to each of so many partitions.
  struct Copies {
    uint32_t count;
  };

  explicit Exchange(std::variant<Partitioner, Copies> how);

  std::variant<Partitioner, Copies> how_;
};

}  // namespace skein
