// Random batches with a key column "key" of some type, a second one "more", and the number of each row in "id"; and
// what is known of rows without the engine. For tests only.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include <arrow/record_batch.h>

#include "random_arrays.h"

namespace skein {

/// Makes batches of so many rows each; ids ascend over all of them.
arrow::RecordBatchVector RandomBatches(const std::shared_ptr<arrow::DataType>& key, const std::vector<int64_t>& rows,
                                       bool are_sliced, uint64_t seed);

/// The same rows in batches of so many rows, without a copy.
arrow::RecordBatchVector CutAnew(const arrow::RecordBatchVector& batches, int64_t rows);

/// The ids of the rows, in their order.
std::vector<int64_t> Ids(const arrow::RecordBatchVector& batches);

/// A value in words; equal values have equal words, whatever their encoding: 0.0 and -0.0, all NaNs.
std::string Words(const arrow::Array& column, int64_t row);

/// The words of one column by the rows' ids.
std::map<int64_t, std::string> WordsById(const arrow::RecordBatchVector& batches, const std::string& column);

}  // namespace skein
