// Record batches as bytes: the Arrow IPC stream format, schema first. A value; any thread may use its own.
#pragma once

#include <memory>
#include <utility>

#include <arrow/buffer.h>
#include <arrow/record_batch.h>
#include <arrow/result.h>

#include "skein/export.h"

namespace skein {

class SKEIN_EXPORT SerializedBatch {
 public:
  /// Takes bytes that come from elsewhere, for ToBatches; they are looked at only then.
  explicit SerializedBatch(std::shared_ptr<arrow::Buffer> bytes) : bytes_(std::move(bytes)) {}

  /// Serializes one batch.
  static arrow::Result<SerializedBatch> FromBatch(const arrow::RecordBatch& batch);
  /// Serializes batches of one schema. Errors (Invalid): there is none, or their schemas differ.
  static arrow::Result<SerializedBatch> FromBatches(const arrow::RecordBatchVector& batches);

  /// Returns the only batch. Errors (Invalid): the bytes are damaged, or hold another number of batches.
  arrow::Result<std::shared_ptr<arrow::RecordBatch>> ToBatch() const;
  /// Returns all batches, checked in full. Errors (Invalid): the bytes are damaged.
  arrow::Result<arrow::RecordBatchVector> ToBatches() const;

  const std::shared_ptr<arrow::Buffer>& bytes() const { return bytes_; }

 private:
  std::shared_ptr<arrow::Buffer> bytes_;
};

}  // namespace skein
