#include "cli/shell.h"

#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <iostream>
#include <memory>

#include "cli/dot_command.h"
#include "cli/progress_line.h"

namespace skein::core {
namespace {

constexpr char kBlanks[] = " \t\r\n";
constexpr char kFirstPrompt[] = "skein> ";
constexpr char kNextPrompt[] = "   ...> ";

bool IsBlank(const std::string& text) { return text.find_first_not_of(kBlanks) == std::string::npos; }

void PrintTime(std::chrono::steady_clock::time_point start) {
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
  std::fprintf(stderr, "%.3f s\n", seconds.count());
}

}  // namespace

int Shell::Run(const std::string& sql) {
  const int interrupts_before = interrupts_.count();
  const auto start = std::chrono::steady_clock::now();
  const auto status = session_.Run(
      sql, std::cout, [this] { return std::make_shared<ProgressLine>([this] { return session_.FinishedTasks(); }); });
  std::cout.flush();
  const bool is_printed = std::cout.good();
  std::cout.clear();
  if (is_timed_) PrintTime(start);
  if (status.ok() && is_printed) return 0;
  const bool is_interrupted = interrupts_.count() > interrupts_before;
  if (!is_printed) std::cerr << "standard output takes no more: what was printed is not whole" << std::endl;
  if (!status.ok()) std::cerr << (is_interrupted ? "interrupted" : status.message()) << std::endl;
  return is_interrupted ? kInterrupted : kStatementFailed;
}

int Shell::RunPrompt() {
  const auto complete = [this](const std::string& prefix) {
    return prefix[0] == '.' ? DotCommandsThatBegin(prefix) : session_.NamesThatBegin(prefix);
  };
  const auto editor = LineEditor::Open({HistoryFile(), complete});
  if (!editor) return RunLines(isatty(STDIN_FILENO));
  SetEditor(editor.get());
  const int exit_code = RunEditor(*editor);
  SetEditor(nullptr);
  return exit_code;
}

void Shell::SetEditor(LineEditor* editor) {
  std::lock_guard lock(mutex_);
  editor_ = editor;
}

void Shell::Interrupt() {
  session_.Interrupt();
  std::lock_guard lock(mutex_);
  if (editor_ != nullptr) editor_->Interrupt();
}

int Shell::RunEditor(LineEditor& editor) {
  std::string statement, line;
  while (true) {
    const auto result = editor.Read(statement.empty() ? kFirstPrompt : kNextPrompt, line);
    if (result == LineEditor::kEnd) return 0;
    if (result == LineEditor::kInterrupted) {
      statement.clear();
      continue;
    }
    if (statement.empty() && line.starts_with('.')) {
      editor.Remember(line);
      if (RunDotCommand(line, *this) == AfterCommand::kEnd) return 0;
      continue;
    }
    statement += line + "\n";
    if (IsBlank(statement)) statement.clear();
    if (!session_.EndsStatement(statement)) continue;
    editor.Remember(statement);
    Run(statement);
    statement.clear();
  }
}

int Shell::RunLines(bool is_terminal) {
  std::string statement, line;
  int exit_code = 0;
  while (true) {
    if (is_terminal) std::cerr << (statement.empty() ? kFirstPrompt : kNextPrompt) << std::flush;
    if (!std::getline(std::cin, line)) break;
    if (statement.empty() && line.starts_with('.')) {
      const auto after = RunDotCommand(line, *this);
      if (after == AfterCommand::kEnd) return 0;
      if (after == AfterCommand::kFailed && !is_terminal) return kStatementFailed;
      continue;
    }
    statement += line + "\n";
    if (IsBlank(statement)) statement.clear();
    if (line.find(';') == std::string::npos || !session_.EndsStatement(statement)) continue;
    exit_code = Run(statement);
    statement.clear();
    if (exit_code != 0 && !is_terminal) return exit_code;
  }
  if (!IsBlank(statement)) exit_code = Run(statement);
  return is_terminal ? 0 : exit_code;
}

}  // namespace skein::core
