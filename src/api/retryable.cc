#include "skein/retryable.h"

#include "base/error.h"

namespace skein {

bool IsRetryable(const arrow::Status& status) {
  const auto* detail = core::DetailOf(status);
  return detail != nullptr && detail->is_retryable();
}

arrow::Status Retryable(const arrow::Status& status) { return core::Unavailable(status.message()); }

}  // namespace skein
