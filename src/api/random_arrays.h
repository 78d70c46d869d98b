// Random arrays of every Arrow type that DuckDB reads, from a seed: few different values, so that there are duplicates,
// and some NULLs. For tests only.
#pragma once

#include <memory>
#include <random>
#include <vector>

#include <arrow/array.h>
#include <arrow/builder.h>
#include <arrow/result.h>
#include <arrow/type.h>

namespace skein {

using Random = std::mt19937_64;

/// Every type that can be a key, nested ones with a few kinds of children.
std::vector<std::shared_ptr<arrow::DataType>> KeyTypes();

/// Makes an array of `rows` rows; with `is_sliced` it is the middle of a longer one.
std::shared_ptr<arrow::Array> RandomArray(const std::shared_ptr<arrow::DataType>& type, int64_t rows, bool is_sliced,
                                          Random& random);

}  // namespace skein
