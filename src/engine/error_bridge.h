// The one bridge between DuckDB's exceptions and our statuses. An INTERNAL or FATAL exception would make DuckDB
// invalidate the user's whole database: none leaves through here. DuckDB headers stay in the .cc and in engine,
// planner, extension.
#pragma once

#include <functional>

#include <arrow/result.h>
#include <arrow/status.h>

namespace duckdb {
class ErrorData;
}

namespace skein::core {

/// Turns DuckDB's error into a status: user errors keep their class, IO and HTTP errors are the world's, INTERNAL and
/// FATAL ones become internal errors of ours.
arrow::Status FromDuckDb(const duckdb::ErrorData& error);

/// Throws `status` (not ok) as DuckDB's operators may throw it: the original class for user errors, Interrupt for a
/// cancellation, IO for everything else, with "skein internal" in the text of our own bugs.
[[noreturn]] void ThrowForDuckDb(const arrow::Status& status);

/// Runs `body` and turns whatever it throws into a status.
arrow::Status CatchDuckDb(const std::function<arrow::Status()>& body);

}  // namespace skein::core
