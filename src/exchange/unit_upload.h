// Pushes a unit of this process into the retained store of a worker, where tasks read it like any other: nothing ever
// connects to this process, so its rows go out by themselves. Blocks travel as in flight_channel.h, the other way.
#pragma once

#include <functional>
#include <string>

#include <arrow/result.h>

#include "exchange/flight_channel.h"
#include "exchange/retained_store.h"

namespace skein::core {

/// Reads the one closed unit of `from` and stores it under `key` at the data plane at `address`, where it is its
/// producer's only one. Returns the worker's own trailer once the unit can be read there, compared with what was sent.
/// Waits while the worker is slow, but no longer than the options say for one step; ends soon after `is_cancelled`,
/// which is asked from another thread, says so. After an error nothing of the unit can be read.
/// Errors: cancelled (Cancelled), the peer cannot be reached, went away, stalls or got something else (Unavailable),
/// the secret is refused (WorldError), all naming the address; those of `from` and of the worker, as they are.
arrow::Result<UnitTrailer> UploadUnit(UnitReader& from, const std::string& address, const FlightChannelOptions& options,
                                      const UnitKey& key, std::function<bool()> is_cancelled);

}  // namespace skein::core
