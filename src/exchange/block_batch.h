// A block's bytes as Flight carries them: a record batch with one uint8 column, made and taken apart by reference. Free
// functions; any thread.
#pragma once

#include <memory>

#include <arrow/buffer.h>
#include <arrow/record_batch.h>
#include <arrow/result.h>
#include <arrow/type.h>

namespace skein::core {

std::shared_ptr<arrow::Schema> BlockSchema();
/// Makes a batch of the bytes; one of no rows for null.
std::shared_ptr<arrow::RecordBatch> ToBatch(std::shared_ptr<arrow::Buffer> data);
/// Returns the bytes, which keep the batch's memory alive. Errors (Unavailable): not a batch of BlockSchema.
arrow::Result<std::shared_ptr<arrow::Buffer>> DataOf(const arrow::RecordBatch* batch);

}  // namespace skein::core
