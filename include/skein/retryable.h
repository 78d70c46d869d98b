// Whether another attempt may meet another end: a field of an error, which travels with it, not a matter of its text.
#pragma once

#include <arrow/status.h>

#include "skein/export.h"

namespace skein {

/// Says whether an error of Skein's may be retried: a worker was lost, a connection broke. Never for one that another
/// library made.
SKEIN_EXPORT bool IsRetryable(const arrow::Status& status);

/// Makes an error that may be retried of what another library reported. REQUIRES: `status` is not ok.
SKEIN_EXPORT arrow::Status Retryable(const arrow::Status& status);

}  // namespace skein
