// Writes query results to standard output: as a table for people, as CSV or JSON for programs, or not at all.
#pragma once

#include <ostream>
#include <string>

#include "duckdb.hpp"
#include "extension/sql_session.h"

namespace skein::core {

/// Prints all of `result`. JSON is one array of objects a statement; integers beyond 53 bits and decimals keep their
/// digits as numbers.
void PrintResult(duckdb::ClientContext& context, duckdb::MaterializedQueryResult& result, OutputFormat format,
                 std::ostream& out);

}  // namespace skein::core
