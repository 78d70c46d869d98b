// The boundaries of a range partitioning as sort keys of the engine. Values; any thread.
#pragma once

#include <memory>
#include <vector>

#include <arrow/array/array_binary.h>
#include <arrow/result.h>
#include <arrow/type.h>

#include "engine/batch_kernels.h"
#include "skein/partition_strategy.h"

namespace skein {

/// How the key column of a range partitioning is sorted: NULLs go into the last range.
inline const std::vector<core::SortDirection>& RangeDirections() {
  static const std::vector<core::SortDirection> directions{core::SortDirection{}};
  return directions;
}

/// Returns the sort keys of boundaries for a column. Errors (Invalid): one of them is NULL or does not fit the column's
/// type without loss, or they do not ascend; the error names them.
arrow::Result<std::shared_ptr<arrow::LargeBinaryArray>> BoundaryKeys(core::BatchKernels& kernels,
                                                                     const arrow::Field& column,
                                                                     const std::vector<RangeBoundary>& boundaries);

}  // namespace skein
