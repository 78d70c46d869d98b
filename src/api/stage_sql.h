// Stages that were cut by hand, as the statement that runs them.
#pragma once

#include <string>
#include <vector>

#include <arrow/result.h>

#include "skein/query_stage.h"

namespace skein {

/// Writes SQL that gives the rows of the last stage. Errors (Invalid): what WithPartitionStrategy says does not fit the
/// stage that depends on it, a boundary that SQL cannot say; each with the stage's number.
arrow::Result<std::string> WriteStageSql(const std::vector<QueryStage>& stages);

}  // namespace skein
