#include "base/error.h"

#include <cstring>

namespace skein::core {
namespace {

constexpr char kTypeId[] = "skein::ErrorDetail";

arrow::Status Make(arrow::StatusCode code, std::string message, Fault fault, bool is_retryable, std::string type) {
  return arrow::Status(code, std::move(message), std::make_shared<ErrorDetail>(fault, is_retryable, std::move(type)));
}

}  // namespace

const char* ErrorDetail::type_id() const { return kTypeId; }

std::string ErrorDetail::ToString() const {
  const char* fault = fault_ == Fault::kUser ? "user" : fault_ == Fault::kWorld ? "world" : "internal";
  return std::string("fault=") + fault + (is_retryable_ ? " retryable" : "");
}

arrow::Status UserError(std::string message, std::string duckdb_type, std::optional<uint64_t> query_position) {
  auto detail = std::make_shared<ErrorDetail>(Fault::kUser, false, std::move(duckdb_type), query_position);
  return arrow::Status(arrow::StatusCode::Invalid, std::move(message), std::move(detail));
}

arrow::Status Unavailable(std::string message) {
  return Make(arrow::StatusCode::IOError, std::move(message), Fault::kWorld, true, "");
}

arrow::Status WorldError(std::string message) {
  return Make(arrow::StatusCode::IOError, std::move(message), Fault::kWorld, false, "");
}

arrow::Status InternalError(std::string message) {
  return Make(arrow::StatusCode::UnknownError, std::move(message), Fault::kInternal, false, "");
}

arrow::Status CancelledError(std::string message) {
  return Make(arrow::StatusCode::Cancelled, std::move(message), Fault::kUser, false, "");
}

bool IsOfTheData(const arrow::Status& status) {
  const auto* detail = DetailOf(status);
  return detail != nullptr && detail->fault() == Fault::kUser && !status.IsCancelled() &&
         detail->duckdb_type() != "Out of Memory";
}

const ErrorDetail* DetailOf(const arrow::Status& status) {
  if (status.ok() || !status.detail() || std::strcmp(status.detail()->type_id(), kTypeId) != 0) return nullptr;
  return static_cast<const ErrorDetail*>(status.detail().get());
}

}  // namespace skein::core
