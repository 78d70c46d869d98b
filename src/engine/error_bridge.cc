#include "engine/error_bridge.h"

#include <charconv>
#include <string>
#include <unordered_map>

#include "base/error.h"
#include "base/valid_text.h"
#include "duckdb.hpp"
#include "duckdb/common/error_data.hpp"

namespace skein::core {

namespace {

// What a status says beyond its text passes through DuckDB beside the text.
constexpr char kFaultKey[] = "skein_fault";
constexpr char kIsRetryable[] = "retryable";
constexpr char kIsInternal[] = "internal";
// DuckDB's own name for the place in the statement's text.
constexpr char kPositionKey[] = "position";

[[noreturn]] void ThrowIo(const std::string& message, const char* fault) {
  throw duckdb::IOException(std::unordered_map<std::string, std::string>{{kFaultKey, fault}}, message);
}

std::optional<uint64_t> PositionOf(const duckdb::ErrorData& error) {
  const auto position = error.ExtraInfo().find(kPositionKey);
  if (position == error.ExtraInfo().end()) return std::nullopt;
  const auto& digits = position->second;
  uint64_t bytes = 0;
  const auto parsed = std::from_chars(digits.data(), digits.data() + digits.size(), bytes);
  return parsed.ec == std::errc() ? std::optional(bytes) : std::nullopt;
}

[[noreturn]] void ThrowUserError(duckdb::ExceptionType type, const ErrorDetail& detail, const std::string& message) {
  std::unordered_map<std::string, std::string> extra;
  if (detail.query_position()) extra[kPositionKey] = std::to_string(*detail.query_position());
  throw duckdb::Exception(extra, type, message);
}

}  // namespace

arrow::Status FromDuckDb(const duckdb::ErrorData& error) {
  using duckdb::ExceptionType;
  const auto fault = error.ExtraInfo().find(kFaultKey);
  if (fault != error.ExtraInfo().end()) {
    return fault->second == kIsRetryable ? Unavailable(error.RawMessage()) : InternalError(error.RawMessage());
  }
  switch (error.Type()) {
    case ExceptionType::INTERRUPT:
      return CancelledError("query interrupted");
    case ExceptionType::INTERNAL:
    case ExceptionType::FATAL:
      return InternalError(error.RawMessage());
    case ExceptionType::IO:
      return WorldError(error.RawMessage());
    case ExceptionType::HTTP:
    case ExceptionType::NETWORK:
      return Unavailable(error.RawMessage());
    default:
      return UserError(error.RawMessage(), duckdb::Exception::ExceptionTypeToString(error.Type()), PositionOf(error));
  }
}

void ThrowForDuckDb(const arrow::Status& status) {
  const auto* detail = DetailOf(status);
  const auto message = ValidText(status.message());  // Python shows nothing of a text that is not in UTF-8
  if (status.IsCancelled()) throw duckdb::InterruptException();
  if (detail == nullptr || detail->fault() == Fault::kInternal) {
    ThrowIo("skein internal: " + message, kIsInternal);
  }
  if (detail->fault() == Fault::kUser && !detail->duckdb_type().empty()) {
    const auto type = duckdb::Exception::StringToExceptionType(detail->duckdb_type());
    if (type != duckdb::ExceptionType::INTERNAL && type != duckdb::ExceptionType::FATAL &&
        type != duckdb::ExceptionType::INVALID) {
      ThrowUserError(type, *detail, message);
    }
  }
  if (detail->fault() == Fault::kUser) throw duckdb::InvalidInputException(message);
  if (detail->is_retryable()) ThrowIo(message, kIsRetryable);
  throw duckdb::IOException(message);
}

arrow::Status CatchDuckDb(const std::function<arrow::Status()>& body) {
  try {
    return body();
  } catch (std::exception& error) {
    return FromDuckDb(duckdb::ErrorData(error));
  }
}

}  // namespace skein::core
