// The tasks of one stage of an encoded plan, as the messages that start them.
#pragma once

#include <cstdint>
#include <vector>

#include <arrow/result.h>

#include "coordinator/query_request.h"
#include "skein/messages.h"

namespace skein {

/// Gives the stage's splits to its tasks in turn, under a query id of their own. Inputs are left without producers: who
/// runs the tasks knows where these are. Errors (Invalid): there is no such stage.
arrow::Result<std::vector<ExecuteTask>> MakeStageTasks(const core::QueryRequest& request, uint32_t stage);

}  // namespace skein
