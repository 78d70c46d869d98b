#include "api/merge_window.h"

#include <arrow/array/array_primitive.h>
#include <arrow/buffer.h>

#include "api/batch_rows.h"

namespace skein {

void MergeWindow::Add(size_t source, const std::shared_ptr<arrow::RecordBatch>& batch, int64_t row) {
  auto& at = piece_of_[source];
  if (at == kNone || pieces_[at].batch != batch || pieces_[at].first + pieces_[at].count != row) {
    at = pieces_.size();
    pieces_.push_back({batch, row, 0});
  }
  taken_.push_back({at, pieces_[at].count++});
}

arrow::Result<std::shared_ptr<arrow::RecordBatch>> MergeWindow::Finish() {
  arrow::RecordBatchVector slices;
  std::vector<int64_t> starts;
  int64_t rows = 0;
  for (const auto& piece : pieces_) {
    slices.push_back(piece.batch->Slice(piece.first, piece.count));
    starts.push_back(rows);
    rows += piece.count;
  }
  std::vector<int64_t> order;
  order.reserve(taken_.size());
  for (const auto& taken : taken_) order.push_back(starts[taken.piece] + taken.row);
  pieces_.clear();
  taken_.clear();
  piece_of_.assign(piece_of_.size(), kNone);
  if (slices.size() == 1) return slices[0];
  ARROW_ASSIGN_OR_RAISE(const auto together, ConcatenateRows(slices));
  return TakeRows(*together, arrow::Int64Array(rows, arrow::Buffer::Wrap(order)));
}

}  // namespace skein
