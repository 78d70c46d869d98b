// Stages that were cut by hand, as text: a JSON array with one object a stage. Functions over values; any thread.
#pragma once

#include <string>
#include <vector>

#include <arrow/result.h>

#include "planner/stage_spec.h"

namespace skein::core {

/// Writes "id", "sql", "tasks", "depends_on", "output", "keys" and "boundaries" of each stage.
std::string WriteStages(const std::vector<StageSpec>& stages);
/// Reads them; all but "id" and "sql" may be missing. Errors (UserError) say what is wrong: no JSON, an unknown word, a
/// value of another type.
arrow::Result<std::vector<StageSpec>> ReadStages(const std::string& text);

}  // namespace skein::core
