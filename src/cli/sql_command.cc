#include "cli/sql_command.h"

#include <unistd.h>

#include <atomic>
#include <iostream>
#include <utility>

#include "cli/interrupt_signal.h"
#include "cli/output_format.h"
#include "cli/shell.h"
#include "cli/text_file.h"
#include "extension/sql_session.h"

namespace skein::core {
namespace {

constexpr int kWrongUsage = 2;

struct SqlOptions {
  std::string command;
  std::string file;
  std::string format = "table";
  SqlSessionOptions session;
};

// The path of this program: local workers are more of it.
std::string OwnPath() {
  char path[4096];
  const auto length = readlink("/proc/self/exe", path, sizeof(path));
  return length > 0 ? std::string(path, static_cast<size_t>(length)) : "skein";
}

int RunSql(SqlOptions options) {
  std::string sql = options.command;
  if (!options.file.empty()) {
    auto text = ReadTextFile(options.file, kMaxSqlFileBytes);
    if (!text.ok()) {
      std::cerr << text.status().message() << std::endl;
      return kWrongUsage;
    }
    sql = std::move(*text);
  }
  options.session.worker_binary = OwnPath();
  options.session.format = *OutputFormatOf(options.format);
  // Before the session: SIGINT must be blocked in every thread that DuckDB starts.
  std::atomic<Shell*> running{nullptr};
  InterruptSignal interrupts([&running] {
    if (auto* shell = running.load()) shell->Interrupt();
  });
  auto session = SqlSession::Open(options.session);
  if (!session.ok()) {
    std::cerr << session.status().message() << std::endl;
    return kWrongUsage;
  }
  Shell shell(**session, interrupts);
  running = &shell;
  const bool is_prompt = options.command.empty() && options.file.empty();
  const int exit_code = is_prompt ? shell.RunPrompt() : shell.Run(sql);
  running = nullptr;
  return exit_code;
}

}  // namespace

void AddSqlCommand(CLI::App& app, int* exit_code) {
  auto options = std::make_shared<SqlOptions>();
  auto* command = app.add_subcommand("sql", "Run SQL: -c, -f, or statements from standard input");
  auto* text = command->add_option("-c,--command", options->command, "SQL to run");
  command->add_option("-f,--file", options->file, "File with SQL to run")->excludes(text);
  command->add_option("--cluster", options->session.cluster,
                      "local:N, local:N?threads=T&memory=4GB, or host:port,host:port");
  command->add_option("--mode", options->session.mode, "Where queries run")
      ->check(CLI::IsMember({"auto", "local", "distributed"}))
      ->capture_default_str();
  command->add_option("--format", options->format, "How results are printed")
      ->check(CLI::IsMember({"table", "csv", "json", "none"}))
      ->capture_default_str();
  command->add_option("--database", options->session.database, "DuckDB file to open; in memory without");
  command->callback([options, exit_code] { *exit_code = RunSql(*options); });
}

}  // namespace skein::core
