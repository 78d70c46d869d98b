// What a fragment has put out, as Arrow batches: for people and programs that run tasks by hand. Throws DuckDB's
// exceptions.
#pragma once

#include <string>
#include <vector>

#include <arrow/record_batch.h>
#include <arrow/result.h>

#include "duckdb.hpp"
#include "exchange/block.h"

namespace skein::core {

/// Decodes blocks of a fragment's output, a batch a chunk; columns are named c0, c1, ... `connection` is in a
/// transaction. Errors: bytes that are not the fragment's.
arrow::Result<arrow::RecordBatchVector> RowsOfFragment(duckdb::Connection& connection, const std::string& fragment,
                                                       const std::vector<Block>& blocks);

}  // namespace skein::core
