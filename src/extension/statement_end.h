// Where statements end, for whoever reads them line by line. Free functions; any thread.
#pragma once

#include <string>

namespace skein::core {

/// Says whether `sql` ends with a semicolon that ends a statement: not one in a string, a name or a comment. So does
/// what DuckDB cannot read at all, since more of it would not help.
bool EndsStatement(const std::string& sql);

}  // namespace skein::core
