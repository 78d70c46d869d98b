// Whose fault an error is, and whether it may be retried: carried beside an arrow::Status, on the wire as fields, never
// as a text. Values; any thread.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include <arrow/status.h>

namespace skein::core {

/// Names who can do something about an error.
enum class Fault {
  kUser,     // the statement or its data: never retried
  kWorld,    // machines, networks, files: may be retried
  kInternal  // Skein itself
};

/// Rides in every Status that Skein makes.
class ErrorDetail : public arrow::StatusDetail {
 public:
  ErrorDetail(Fault fault, bool is_retryable, std::string duckdb_type, std::optional<uint64_t> query_position = {})
      : fault_(fault),
        is_retryable_(is_retryable),
        duckdb_type_(std::move(duckdb_type)),
        query_position_(query_position) {}

  const char* type_id() const override;
  std::string ToString() const override;

  Fault fault() const { return fault_; }
  bool is_retryable() const { return is_retryable_; }
  /// The name of the DuckDB exception class that DuckDB itself would have thrown ("Conversion", "Out of Range", …);
  /// empty where the error is not one of DuckDB's.
  const std::string& duckdb_type() const { return duckdb_type_; }
  /// Where in the statement's text the expression begins that failed, in bytes, if DuckDB knows: its messages point
  /// there.
  std::optional<uint64_t> query_position() const { return query_position_; }

 private:
  Fault fault_;
  bool is_retryable_;
  std::string duckdb_type_;
  std::optional<uint64_t> query_position_;
};

/// Makes an error of the user's statement. `duckdb_type` is DuckDB's exception class name, or empty.
arrow::Status UserError(std::string message, std::string duckdb_type = "", std::optional<uint64_t> query_position = {});
/// Makes an error of the world outside that another attempt may not meet.
arrow::Status Unavailable(std::string message);
/// Makes an error of the world outside that another attempt would meet again.
arrow::Status WorldError(std::string message);
/// Makes an error that only a bug of Skein can cause.
arrow::Status InternalError(std::string message);
/// Makes the status of a query that was cancelled.
arrow::Status CancelledError(std::string message);

/// Says whether the statement or its data cause the error, so that another order of the work may meet another one
/// first: the user's, but neither a cancellation nor too little memory.
bool IsOfTheData(const arrow::Status& status);

/// Returns the detail of `status`, or null where another library made it.
const ErrorDetail* DetailOf(const arrow::Status& status);

}  // namespace skein::core
