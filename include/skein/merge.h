// Makes one sequence of batches of several partitions: one after another, or sorted partitions into a sorted whole. A
// value: copies are cheap and share a private DuckDB that the first sorted merge opens. Any thread may call.
//
//   const auto merge = skein::Merge::Sorted(schema, {{"timestamp", /*ascending=*/true, /*nulls_first=*/false}});
//   ARROW_ASSIGN_OR_RAISE(const auto sorted, merge.Execute(partitions));
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <arrow/record_batch.h>
#include <arrow/result.h>
#include <arrow/type.h>

#include "skein/export.h"

namespace skein {

namespace core {
class BatchKernels;
}

/// By which column rows are sorted, and how.
struct SortColumn {
  std::string name;
  bool ascending = true;
  bool nulls_first = false;
};

class SKEIN_EXPORT Merge {
 public:
  /// The most rows of a batch that a sorted merge makes.
  static constexpr int64_t kBatchRows = 8192;

  /// One partition after another, in their order.
  static Merge Concat(std::shared_ptr<arrow::Schema> schema);
  /// Partitions of which each is sorted by `columns`, the first one first, as DuckDB's ORDER BY sorts them: NaN is the
  /// greatest number, strings go by their bytes.
  static Merge Sorted(std::shared_ptr<arrow::Schema> schema, std::vector<SortColumn> columns);

  /// Returns all rows: those with equal keys by the number of their partition, then in their order there. Batches
  /// without rows are left out. Errors (Invalid): a batch of another schema, and a partition that is not sorted, with
  /// the partition's number and the row's in it; no column to sort by, or one that is not there.
  arrow::Result<arrow::RecordBatchVector> Execute(const std::vector<arrow::RecordBatchVector>& partitions) const;

 private:
  Merge(std::shared_ptr<arrow::Schema> schema, std::vector<SortColumn> columns, bool is_sorted);

  std::shared_ptr<arrow::Schema> schema_;
  std::vector<SortColumn> columns_;
  bool is_sorted_;
  std::shared_ptr<core::BatchKernels> kernels_;
};

}  // namespace skein
