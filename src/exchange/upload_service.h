// The serving end of unit_upload.h. Runs on the thread of the call.
#pragma once

#include <arrow/flight/server.h>
#include <arrow/status.h>

#include "exchange/retained_store.h"

namespace skein::core {

/// Takes one uploaded unit into `store`, where it can be read only once it is whole; answers with its trailer, or with
/// the error that refused it. A stream that ends early fails the unit's producer, so that no reader waits for it.
arrow::Status ServeUpload(arrow::flight::FlightMessageReader& reader, arrow::flight::FlightMessageWriter& writer,
                          RetainedStore& store);

}  // namespace skein::core
