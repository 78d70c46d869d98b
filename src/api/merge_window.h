// Collects the rows that a merge takes, one by one from several batches, and makes a batch of them. Rows of one source
// batch come in its order without a gap, so only what is needed of it is copied. Owned by the merge; one thread.
#pragma once

#include <memory>
#include <vector>

#include <arrow/record_batch.h>
#include <arrow/result.h>

namespace skein {

class MergeWindow {
 public:
  /// `sources` is the number of partitions.
  explicit MergeWindow(size_t sources) : piece_of_(sources, kNone) {}

  /// Takes the next row of a source. REQUIRES: it is the one after the last of that source, or of its next batch.
  void Add(size_t source, const std::shared_ptr<arrow::RecordBatch>& batch, int64_t row);
  int64_t rows() const { return static_cast<int64_t>(taken_.size()); }
  /// Makes a batch of the rows and starts anew. REQUIRES: there is a row.
  arrow::Result<std::shared_ptr<arrow::RecordBatch>> Finish();

 private:
  static constexpr size_t kNone = SIZE_MAX;
  /// Neighbouring rows of one batch.
  struct Piece {
    std::shared_ptr<arrow::RecordBatch> batch;
    int64_t first = 0;
    int64_t count = 0;
  };
  struct Taken {
    size_t piece;
    int64_t row;  // in the piece
  };

  std::vector<Piece> pieces_;
  std::vector<size_t> piece_of_;  // by source: the one that grows
  std::vector<Taken> taken_;
};

}  // namespace skein
