// The functions that DuckDB has by itself, without anything that a user defined or loaded: those that every worker has,
// too.
#pragma once

#include <set>
#include <string>

namespace skein::core {

/// Asks an empty instance of the DuckDB in this process; takes some 10 ms, so keep the answer. Throws DuckDB's
/// exceptions.
std::set<std::string> FunctionsOfDuckDb();

}  // namespace skein::core
