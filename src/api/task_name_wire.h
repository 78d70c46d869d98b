// The names of attempts on the control stream. Functions; any thread.
#pragma once

#include <string>

#include <arrow/result.h>

#include "skein/task_id.h"
#include "worker/control.pb.h"

namespace skein {

/// Errors (Invalid): the query's id is not 32 hexadecimal digits.
arrow::Result<wire::TaskName> NameToWire(const TaskAttempt& task);

/// Errors (Invalid): the name has no query.
arrow::Result<TaskAttempt> NameFromWire(const wire::TaskName& name);

/// Reads the name that a message carries. Errors (Invalid): it has none, or one without a query.
template <typename Message>
arrow::Result<TaskAttempt> NameOf(const Message& message) {
  if (!message.has_name()) return arrow::Status::Invalid("a message about a task does not name it");
  return NameFromWire(message.name());
}

}  // namespace skein
