#include <cstring>

#include <CLI/CLI.hpp>

#include "cli/sql_command.h"
#include "cli/worker_command.h"

int main(int argc, char** argv) {
  constexpr int kWrongUsage = 2;
  // A worker reads its own flags: it must be alone in the process when it starts.
  if (argc > 1 && std::strcmp(argv[1], "worker") == 0) return skein::core::RunWorkerCommand(argc - 1, argv + 1);
  CLI::App app{"Skein runs DuckDB on many machines"};
  app.set_version_flag("--version", SKEIN_VERSION);
  app.require_subcommand(0, 1);  // else a wrong one is said to be none
  app.add_subcommand("worker", "Run a worker: see skein worker --help");
  int exit_code = 0;
  skein::core::AddSqlCommand(app, &exit_code);
  try {
    app.parse(argc, argv);
    if (app.get_subcommands().empty()) throw CLI::RequiredError("sql or worker");
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : kWrongUsage;
  }
  return exit_code;
}
