#include "engine/error_bridge.h"

#include "base/error.h"
#include "duckdb.hpp"
#include "duckdb/common/error_data.hpp"

namespace skein::core {

arrow::Status FromDuckDb(const duckdb::ErrorData& error) {
  using duckdb::ExceptionType;
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
      return UserError(error.RawMessage(), duckdb::Exception::ExceptionTypeToString(error.Type()));
  }
}

void ThrowForDuckDb(const arrow::Status& status) {
  const auto* detail = DetailOf(status);
  if (status.IsCancelled()) throw duckdb::InterruptException();
  if (detail == nullptr || detail->fault() == Fault::kInternal) {
    throw duckdb::IOException("skein internal: " + status.message());
  }
  if (detail->fault() == Fault::kUser && !detail->duckdb_type().empty()) {
    const auto type = duckdb::Exception::StringToExceptionType(detail->duckdb_type());
    if (type != duckdb::ExceptionType::INTERNAL && type != duckdb::ExceptionType::FATAL &&
        type != duckdb::ExceptionType::INVALID) {
      duckdb::ErrorData(type, status.message()).Throw();
    }
  }
  if (detail->fault() == Fault::kUser) throw duckdb::InvalidInputException(status.message());
  throw duckdb::IOException(status.message());
}

arrow::Status CatchDuckDb(const std::function<arrow::Status()>& body) {
  try {
    return body();
  } catch (std::exception& error) {
    return FromDuckDb(duckdb::ErrorData(error));
  }
}

}  // namespace skein::core
