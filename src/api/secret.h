// Where the secret of coordinator and workers comes from when a program does not give it.
#pragma once

#include <string>

#include <arrow/result.h>

namespace skein {

/// Returns `given`, or SKEIN_SECRET of the environment where that is empty. Errors (Invalid): there is none, or it
/// holds characters that no header may carry; it is never quoted.
arrow::Result<std::string> ResolveSecret(const std::string& given);

}  // namespace skein
