#include "exchange/block_batch.h"

#include <utility>

#include <arrow/array/array_primitive.h>
#include <arrow/array/data.h>

#include "base/error.h"

namespace skein::core {

std::shared_ptr<arrow::Schema> BlockSchema() {
  return arrow::schema({arrow::field("block", arrow::uint8(), /*nullable=*/false)});
}

std::shared_ptr<arrow::RecordBatch> ToBatch(std::shared_ptr<arrow::Buffer> data) {
  if (!data) data = std::make_shared<arrow::Buffer>(nullptr, 0);
  const int64_t size = data->size();
  return arrow::RecordBatch::Make(BlockSchema(), size, {std::make_shared<arrow::UInt8Array>(size, std::move(data))});
}

arrow::Result<std::shared_ptr<arrow::Buffer>> DataOf(const arrow::RecordBatch* batch) {
  if (batch == nullptr || batch->num_columns() != 1 || batch->column_data(0)->type->id() != arrow::Type::UINT8) {
    return Unavailable("block without its bytes");
  }
  const auto& column = *batch->column_data(0);
  const auto& bytes = column.buffers[1];
  if (!bytes) return std::make_shared<arrow::Buffer>(nullptr, 0);
  return arrow::SliceBuffer(bytes, column.offset, column.length);
}

}  // namespace skein::core
