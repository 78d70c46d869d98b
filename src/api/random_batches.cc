#include "random_batches.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include <arrow/scalar.h>
#include <arrow/util/checked_cast.h>
#include <arrow/util/key_value_metadata.h>
#include <arrow/util/logging.h>

namespace skein {
namespace {

using arrow::internal::checked_cast;

std::string FloatWords(double value) {
  if (std::isnan(value)) return "nan";
  return value == 0 ? "0" : std::to_string(value);
}

}  // namespace

arrow::RecordBatchVector RandomBatches(const std::shared_ptr<arrow::DataType>& key, const std::vector<int64_t>& rows,
                                       bool are_sliced, uint64_t seed) {
  Random random(seed);
  const auto schema = arrow::schema({arrow::field("key", key, true, arrow::key_value_metadata({"of"}, {"the key"})),
                                     arrow::field("more", arrow::int16()), arrow::field("id", arrow::int64(), false)},
                                    arrow::key_value_metadata({"of"}, {"the schema"}));
  arrow::RecordBatchVector batches;
  int64_t next_id = 0;
  for (const auto count : rows) {
    std::vector<int64_t> ids(static_cast<size_t>(count));
    std::iota(ids.begin(), ids.end(), next_id);
    next_id += count;
    arrow::Int64Builder id;
    ARROW_CHECK_OK(id.AppendValues(ids));
    batches.push_back(arrow::RecordBatch::Make(schema, count,
                                               {RandomArray(key, count, are_sliced, random),
                                                RandomArray(arrow::int16(), count, are_sliced, random), *id.Finish()}));
  }
  return batches;
}

arrow::RecordBatchVector CutAnew(const arrow::RecordBatchVector& batches, int64_t rows) {
  arrow::RecordBatchVector cut;
  for (const auto& batch : batches) {
    for (int64_t row = 0; row < batch->num_rows(); row += rows) cut.push_back(batch->Slice(row, rows));
  }
  return cut;
}

std::vector<int64_t> Ids(const arrow::RecordBatchVector& batches) {
  std::vector<int64_t> ids;
  for (const auto& batch : batches) {
    const auto& column = checked_cast<const arrow::Int64Array&>(*batch->GetColumnByName("id"));
    for (int64_t row = 0; row < column.length(); row++) ids.push_back(column.Value(row));
  }
  return ids;
}

std::string Words(const arrow::Array& column, int64_t row) {
  const auto value = column.GetScalar(row).ValueOrDie();
  if (!value->is_valid) return "NULL";
  switch (value->type->id()) {
    case arrow::Type::FLOAT:
      return FloatWords(checked_cast<const arrow::FloatScalar&>(*value).value);
    case arrow::Type::DOUBLE:
      return FloatWords(checked_cast<const arrow::DoubleScalar&>(*value).value);
    case arrow::Type::DICTIONARY: {
      const auto encoded = checked_cast<const arrow::DictionaryScalar&>(*value).GetEncodedValue().ValueOrDie();
      return encoded->is_valid ? encoded->ToString() : "NULL";
    }
    case arrow::Type::RUN_END_ENCODED: {
      const auto& encoded = *checked_cast<const arrow::RunEndEncodedScalar&>(*value).value;
      return encoded.is_valid ? encoded.ToString() : "NULL";
    }
    default:
      return value->ToString();
  }
}

std::map<int64_t, std::string> WordsById(const arrow::RecordBatchVector& batches, const std::string& column) {
  std::map<int64_t, std::string> words;
  for (const auto& batch : batches) {
    const auto ids = Ids({batch});
    const auto values = batch->GetColumnByName(column);
    for (size_t row = 0; row < ids.size(); row++) words[ids[row]] = Words(*values, static_cast<int64_t>(row));
  }
  return words;
}

}  // namespace skein
