// Decides whether a coordinator and a worker may work together: both must speak the same protocol and be of the same
// builds, since fragments and blocks are only understood by the build that made them. Any thread.
#pragma once

#include <arrow/status.h>

#include "worker/control.pb.h"

namespace skein::core {

/// Writes the hello of a coordinator of this build; its worker number and heartbeat interval are the caller's.
wire::Hello MakeHello();
/// Errors (WorldError) name both sides.
arrow::Status CheckHello(const wire::Hello& hello);
/// The coordinator's look at the answer: the worker has compared the builds, and may be none of ours. Errors
/// (WorldError) name what cannot be.
arrow::Status CheckWelcome(const wire::Welcome& welcome);

}  // namespace skein::core
