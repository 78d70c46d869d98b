#include "cli/sql_command.h"

#include <unistd.h>

#include <fstream>
#include <iostream>
#include <sstream>

#include "cli/interrupt_signal.h"
#include "cli/progress_line.h"
#include "extension/sql_session.h"

namespace skein::core {
namespace {

constexpr int kStatementFailed = 1;
constexpr int kWrongUsage = 2;
constexpr int kInterrupted = 130;
constexpr char kBlanks[] = " \t\r\n";

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

OutputFormat FormatOf(const std::string& name) {
  if (name == "csv") return OutputFormat::kCsv;
  if (name == "json") return OutputFormat::kJson;
  return name == "none" ? OutputFormat::kNone : OutputFormat::kTable;
}

bool IsBlank(const std::string& text) { return text.find_first_not_of(kBlanks) == std::string::npos; }

class Shell {
 public:
  Shell(SqlSession& session, InterruptSignal& interrupts) : session_(session), interrupts_(interrupts) {}

  /// Runs all statements of `sql` and returns an exit code.
  int Run(const std::string& sql) {
    const int interrupts_before = interrupts_.count();
    arrow::Status status;
    {
      ProgressLine progress([this] { return session_.FinishedTasks(); });
      status = session_.Run(sql, std::cout);
    }
    std::cout.flush();
    if (status.ok()) return 0;
    const bool is_interrupted = interrupts_.count() > interrupts_before;
    std::cerr << (is_interrupted ? "interrupted" : status.message()) << std::endl;
    return is_interrupted ? kInterrupted : kStatementFailed;
  }

  /// Reads statements, each up to a line that ends with a semicolon, until the end of standard input. At a terminal a
  /// failed statement does not end the shell.
  int RunPrompt() {
    const bool is_terminal = isatty(STDIN_FILENO);
    std::string statement, line;
    int exit_code = 0;
    while (ReadLine(is_terminal, statement.empty(), line)) {
      statement += line + "\n";
      if (IsBlank(statement)) statement.clear();
      if (statement.empty() || statement[statement.find_last_not_of(kBlanks)] != ';') continue;
      exit_code = Run(statement);
      statement.clear();
      if (exit_code != 0 && !is_terminal) return exit_code;
    }
    if (!IsBlank(statement)) exit_code = Run(statement);
    return is_terminal ? 0 : exit_code;
  }

 private:
  static bool ReadLine(bool is_terminal, bool is_first, std::string& line) {
    if (is_terminal) std::cerr << (is_first ? "skein> " : "   ...> ") << std::flush;
    return static_cast<bool>(std::getline(std::cin, line));
  }

  SqlSession& session_;
  InterruptSignal& interrupts_;
};

int RunSql(SqlOptions options) {
  std::string sql = options.command;
  if (!options.file.empty()) {
    std::ifstream file(options.file);
    if (!file) {
      std::cerr << "cannot read " << options.file << std::endl;
      return kWrongUsage;
    }
    std::stringstream text;
    text << file.rdbuf();
    sql = text.str();
  }
  options.session.worker_binary = OwnPath();
  options.session.format = FormatOf(options.format);
  // Before the session: SIGINT must be blocked in every thread that DuckDB starts.
  std::atomic<SqlSession*> running{nullptr};
  InterruptSignal interrupts([&running] {
    if (auto* session = running.load()) session->Interrupt();
  });
  auto session = SqlSession::Open(options.session);
  if (!session.ok()) {
    std::cerr << session.status().message() << std::endl;
    return kWrongUsage;
  }
  running = session->get();
  Shell shell(**session, interrupts);
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
