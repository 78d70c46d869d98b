// `skein sql`: runs SQL in an in-process DuckDB with Skein loaded, from -c, a file, or a prompt.
#pragma once

#include <CLI/CLI.hpp>

namespace skein::core {

/// Adds the subcommand; when it is chosen, `*exit_code` is set: 0, 1 for a failed statement, 2 for wrong usage, 130
/// when interrupted.
void AddSqlCommand(CLI::App& app, int* exit_code);

}  // namespace skein::core
