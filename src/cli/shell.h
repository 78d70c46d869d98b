// Runs the statements of `skein sql`: those it is given, or those it reads from standard input. One thread, but for
// Interrupt.
#pragma once

#include <cstddef>
#include <mutex>
#include <string>

#include "cli/interrupt_signal.h"
#include "cli/line_editor.h"
#include "extension/sql_session.h"

namespace skein::core {

/// Of a file with SQL.
constexpr size_t kMaxSqlFileBytes = size_t{1} << 30;

class Shell {
 public:
  static constexpr int kStatementFailed = 1;
  static constexpr int kInterrupted = 130;

  /// Both must outlive it.
  Shell(SqlSession& session, const InterruptSignal& interrupts) : session_(session), interrupts_(interrupts) {}

  /// Runs all statements of `sql`, prints results to standard output and the first error to standard error. Returns an
  /// exit code.
  int Run(const std::string& sql);
  /// Reads statements until the end of standard input and runs each; lines that begin with a point are commands of the
  /// shell (dot_command.h). At a terminal lines can be edited, and what fails does not end it.
  int RunPrompt();
  /// Cancels the running statement, or drops the line that is being read. Any thread.
  void Interrupt();

  void SetTimer(bool is_timed) { is_timed_ = is_timed; }
  SqlSession& session() { return session_; }

 private:
  void SetEditor(LineEditor* editor);
  int RunLines(bool is_terminal);
  int RunEditor(LineEditor& editor);

  SqlSession& session_;
  const InterruptSignal& interrupts_;
  std::mutex mutex_;
  LineEditor* editor_ = nullptr;  // while there is one; GUARDED_BY(mutex_)
  bool is_timed_ = false;
};

}  // namespace skein::core
