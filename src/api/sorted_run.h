// The rows of one sorted partition on their way through a merge: which one is next, and by which key it is sorted. Keys
// are made for one batch at a time. Owned by the merge; one thread.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <arrow/array/array_binary.h>
#include <arrow/record_batch.h>
#include <arrow/result.h>

#include "engine/batch_kernels.h"

namespace skein {

/// By which columns rows are sorted, by position.
struct SortOrder {
  std::vector<int> columns;
  std::vector<core::SortDirection> directions;
};

class SortedRun {
 public:
  /// `kernels`, `order` and `batches` must outlive the run; `partition` is its number in errors.
  SortedRun(core::BatchKernels& kernels, const SortOrder& order, const arrow::RecordBatchVector& batches,
            size_t partition)
      : kernels_(kernels), order_(order), batches_(batches), partition_(partition) {}

  /// Goes to the first row. Called once, before anything else. Errors: those of Next.
  arrow::Status Start() { return Load(); }
  bool is_finished() const { return next_batch_ > batches_.size(); }
  // REQUIRES, for all below: not finished.
  std::string_view key() const { return keys_->GetView(row_); }
  const std::shared_ptr<arrow::RecordBatch>& batch() const { return batches_[next_batch_ - 1]; }
  int64_t row() const { return row_; }
  /// Goes to the next row. Errors (Invalid): the rows of its batch are not sorted.
  arrow::Status Next() { return ++row_ < keys_->length() ? arrow::Status::OK() : Load(); }

 private:
  /// Goes to the first row of the next batch that has rows, or to the end.
  arrow::Status Load();
  arrow::Status CheckSorted() const;

  core::BatchKernels& kernels_;
  const SortOrder& order_;
  const arrow::RecordBatchVector& batches_;
  const size_t partition_;
  size_t next_batch_ = 0;
  int64_t rows_before_ = 0;  // in earlier batches
  int64_t row_ = 0;
  std::string last_key_;                           // of the batch before
  std::shared_ptr<arrow::LargeBinaryArray> keys_;  // of this batch
};

}  // namespace skein
