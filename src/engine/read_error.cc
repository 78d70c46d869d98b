#include "engine/read_error.h"

#include "duckdb.hpp"

namespace skein::core {
namespace {

// What readers of damaged bytes throw tells nothing of the file, or has a class that only a bug of DuckDB should have.
bool IsNoAnswer(duckdb::ExceptionType type) {
  return type == duckdb::ExceptionType::INVALID || type == duckdb::ExceptionType::INTERNAL ||
         type == duckdb::ExceptionType::FATAL;
}

}  // namespace

void ThrowChanged(const std::string& path) {
  throw duckdb::IOException("file changed while the query ran: \"%s\" is not the version that was planned", path);
}

void ThrowReadError(const std::string& path, const std::exception& error) {
  duckdb::ErrorData data(error);
  if (!IsNoAnswer(data.Type())) data.Throw();
  throw duckdb::InvalidInputException("Failed to read file \"%s\": %s", path, data.RawMessage());
}

}  // namespace skein::core
