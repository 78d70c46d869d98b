#include "api/sorted_run.h"

#include "base/error.h"

namespace skein {

arrow::Status SortedRun::Load() {
  if (keys_) {
    last_key_ = keys_->GetString(keys_->length() - 1);
    rows_before_ += keys_->length();
  }
  row_ = 0;
  while (next_batch_ < batches_.size() && batches_[next_batch_]->num_rows() == 0) next_batch_++;
  if (next_batch_++ >= batches_.size()) {
    next_batch_ = batches_.size() + 1;
    return arrow::Status::OK();
  }
  ARROW_ASSIGN_OR_RAISE(const auto columns, batch()->SelectColumns(order_.columns));
  ARROW_ASSIGN_OR_RAISE(keys_, kernels_.SortKeys(*columns, order_.directions));
  return CheckSorted();
}

arrow::Status SortedRun::CheckSorted() const {
  std::string_view before = last_key_;  // empty before the first batch: not after any key
  for (int64_t row = 0; row < keys_->length(); row++) {
    const auto key = keys_->GetView(row);
    if (key < before) {
      return core::UserError("partition " + std::to_string(partition_) + " is not sorted: its row " +
                             std::to_string(rows_before_ + row) + " belongs before the row above it");
    }
    before = key;
  }
  return arrow::Status::OK();
}

}  // namespace skein
