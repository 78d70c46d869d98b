// Between the messages of the API and those of the control stream. Functions; any thread.
#pragma once

#include <arrow/result.h>

#include "skein/messages.h"
#include "worker/control.pb.h"

namespace skein {

/// Errors (Invalid): a query's id is not 32 hexadecimal digits.
arrow::Result<wire::ToWorker> ToWire(const CoordinatorMessage::Value& value);
/// Errors (Invalid): as above, and a failure without an error.
arrow::Result<wire::FromWorker> ToWire(const WorkerMessage::Value& value);

/// Errors (Invalid): a message of another kind, or one that lacks a field.
arrow::Result<CoordinatorMessage::Value> FromWire(const wire::ToWorker& message);
arrow::Result<WorkerMessage::Value> FromWire(const wire::FromWorker& message);

}  // namespace skein
