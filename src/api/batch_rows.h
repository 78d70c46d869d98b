// Columns and rows of record batches, by name and by number. Functions; any thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <arrow/record_batch.h>
#include <arrow/result.h>

namespace skein {

/// Finds columns by their names. Errors (Invalid): one is not there, or several have the name.
arrow::Result<std::vector<int>> FindColumns(const arrow::Schema& schema, const std::vector<std::string>& names);

/// Checks that a batch is there; `what` names it in the error (Invalid).
arrow::Status CheckIsThere(const std::shared_ptr<arrow::RecordBatch>& batch, const std::string& what);

/// Checks that a batch is there, whole and has the schema; `what` names the batch in the error.
arrow::Status CheckBatch(const std::shared_ptr<arrow::RecordBatch>& batch, const arrow::Schema& schema,
                         const std::string& what);

/// Checks that batches are there, whole and all have the schema of the first one.
arrow::Status CheckBatches(const arrow::RecordBatchVector& batches);

/// Returns some rows of a batch, in the order of `rows` (int64, none NULL), with its schema.
arrow::Result<std::shared_ptr<arrow::RecordBatch>> TakeRows(const arrow::RecordBatch& batch, const arrow::Array& rows);

/// Makes one batch of several of one schema, at least one; dictionaries are unified.
arrow::Result<std::shared_ptr<arrow::RecordBatch>> ConcatenateRows(const arrow::RecordBatchVector& batches);

}  // namespace skein
