// Which COPY statements the workers write themselves: those whose target is a folder. No I/O; any thread.
#pragma once

#include <string>

#include "duckdb/planner/operator/logical_copy_to_file.hpp"

namespace skein::core {

/// Says why the client writes the files of `copy`; empty when workers can.
std::string WhyWrittenByClient(const duckdb::LogicalCopyToFile& copy);

/// Takes the part of `copy` that each task runs: without its child, and giving back the names of the files that it
/// wrote. What is left of `copy` keeps the target, the names and what comes back of the statement.
duckdb::unique_ptr<duckdb::LogicalCopyToFile> TakeTaskCopy(duckdb::LogicalCopyToFile& copy);

}  // namespace skein::core
