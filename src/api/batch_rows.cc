#include "api/batch_rows.h"

#include <arrow/array/array_dict.h>
#include <arrow/array/array_primitive.h>
#include <arrow/array/builder_primitive.h>
#include <arrow/array/concatenate.h>
#include <arrow/compute/api_vector.h>
#include <arrow/compute/cast.h>
#include <arrow/util/checked_cast.h>

#include "base/error.h"

namespace skein {
namespace {

using arrow::internal::checked_cast;

// For types that Arrow's Take does not know (run-end encoded ones): neighbours are copied together.
arrow::Result<std::shared_ptr<arrow::Array>> TakeBySlices(const arrow::Array& column, const arrow::Int64Array& rows) {
  if (rows.length() == 0) return column.Slice(0, 0);
  arrow::ArrayVector slices;
  for (int64_t i = 0; i < rows.length();) {
    int64_t end = i + 1;
    while (end < rows.length() && rows.Value(end) == rows.Value(end - 1) + 1) end++;
    slices.push_back(column.Slice(rows.Value(i), end - i));
    i = end;
  }
  return arrow::Concatenate(slices);
}

arrow::Result<std::shared_ptr<arrow::Array>> TakeColumn(const arrow::Array& column, const arrow::Array& rows) {
  auto taken = arrow::compute::Take(column, rows, arrow::compute::TakeOptions::NoBoundsCheck());
  if (!taken.status().IsNotImplemented()) return taken;
  return TakeBySlices(column, checked_cast<const arrow::Int64Array&>(rows));
}

// Arrow unifies no dictionaries that have NULLs: rows that point at them become NULL themselves.
arrow::Result<std::shared_ptr<arrow::Array>> DropNullEntries(const std::shared_ptr<arrow::Array>& column) {
  if (column->type_id() != arrow::Type::DICTIONARY) return column;
  const auto& encoded = checked_cast<const arrow::DictionaryArray&>(*column);
  const auto& values = *encoded.dictionary();
  if (values.null_count() == 0) return column;
  arrow::Int64Builder kept;
  std::vector<int64_t> place_of(static_cast<size_t>(values.length()));
  for (int64_t value = 0; value < values.length(); value++) {
    place_of[static_cast<size_t>(value)] = kept.length();
    if (values.IsValid(value)) ARROW_RETURN_NOT_OK(kept.Append(value));
  }
  arrow::Int64Builder places;
  for (int64_t row = 0; row < encoded.length(); row++) {
    const bool is_valid = encoded.IsValid(row) && values.IsValid(encoded.GetValueIndex(row));
    ARROW_RETURN_NOT_OK(is_valid ? places.Append(place_of[static_cast<size_t>(encoded.GetValueIndex(row))])
                                 : places.AppendNull());
  }
  ARROW_ASSIGN_OR_RAISE(const auto kept_rows, kept.Finish());
  ARROW_ASSIGN_OR_RAISE(const auto dictionary, TakeColumn(values, *kept_rows));
  ARROW_ASSIGN_OR_RAISE(const auto wide, places.Finish());
  ARROW_ASSIGN_OR_RAISE(const auto indices, arrow::compute::Cast(*wide, encoded.indices()->type()));
  return arrow::DictionaryArray::FromArrays(encoded.type(), indices, dictionary);
}

}  // namespace

arrow::Result<std::vector<int>> FindColumns(const arrow::Schema& schema, const std::vector<std::string>& names) {
  std::vector<int> columns;
  for (const auto& name : names) {
    const auto found = schema.GetAllFieldIndices(name);
    if (found.size() == 1) {
      columns.push_back(found[0]);
    } else if (found.empty()) {
      return core::UserError("no column '" + name + "' in: " + schema.ToString());
    } else {
      return core::UserError("several columns are named '" + name + "'");
    }
  }
  return columns;
}

arrow::Status CheckIsThere(const std::shared_ptr<arrow::RecordBatch>& batch, const std::string& what) {
  return batch ? arrow::Status::OK() : core::UserError(what + " is a null pointer");
}

arrow::Status CheckBatch(const std::shared_ptr<arrow::RecordBatch>& batch, const arrow::Schema& schema,
                         const std::string& what) {
  ARROW_RETURN_NOT_OK(CheckIsThere(batch, what));
  if (!batch->schema()->Equals(schema)) {
    return core::UserError(what + " has another schema: " + batch->schema()->ToString() +
                           "\ninstead of: " + schema.ToString());
  }
  return batch->Validate();
}

arrow::Status CheckBatches(const arrow::RecordBatchVector& batches) {
  if (!batches.empty()) ARROW_RETURN_NOT_OK(CheckIsThere(batches[0], "batch 0"));
  for (size_t i = 0; i < batches.size(); i++) {
    ARROW_RETURN_NOT_OK(CheckBatch(batches[i], *batches[0]->schema(), "batch " + std::to_string(i)));
  }
  return arrow::Status::OK();
}

arrow::Result<std::shared_ptr<arrow::RecordBatch>> TakeRows(const arrow::RecordBatch& batch, const arrow::Array& rows) {
  arrow::ArrayVector columns;
  for (const auto& column : batch.columns()) {
    ARROW_ASSIGN_OR_RAISE(auto taken, TakeColumn(*column, rows));
    columns.push_back(std::move(taken));
  }
  return arrow::RecordBatch::Make(batch.schema(), rows.length(), std::move(columns));
}

arrow::Result<std::shared_ptr<arrow::RecordBatch>> ConcatenateRows(const arrow::RecordBatchVector& batches) {
  if (batches.size() == 1) return batches[0];
  arrow::RecordBatchVector plain;
  for (const auto& batch : batches) {
    arrow::ArrayVector columns;
    for (const auto& column : batch->columns()) {
      ARROW_ASSIGN_OR_RAISE(auto dropped, DropNullEntries(column));
      columns.push_back(std::move(dropped));
    }
    plain.push_back(arrow::RecordBatch::Make(batch->schema(), batch->num_rows(), std::move(columns)));
  }
  return arrow::ConcatenateRecordBatches(plain);
}

}  // namespace skein
