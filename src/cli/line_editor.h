// A prompt at a terminal: lines that can be edited, a history that is kept in a file, completion with Tab. Libedit does
// the work. One thread, but for Interrupt.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace skein::core {

struct LineEditorOptions {
  std::string history_file;  // readable by this user only; empty: none is kept
  /// Returns the names that begin with a word.
  std::function<std::vector<std::string>(const std::string&)> complete;
};

class LineEditor {
 public:
  enum Result { kLine, kInterrupted, kEnd };

  /// Null where standard input or error is no terminal that can be edited on. Errors of the history are none: there is
  /// none, then.
  static std::unique_ptr<LineEditor> Open(LineEditorOptions options);
  virtual ~LineEditor() = default;
  /// Waits for a line, without its end.
  virtual Result Read(const std::string& prompt, std::string& line) = 0;
  /// Keeps a statement for later, but none that may hold a secret.
  virtual void Remember(const std::string& statement) = 0;
  /// Drops the line that is being read. Any thread.
  virtual void Interrupt() = 0;
};

/// Returns where the history is kept: $XDG_STATE_HOME/skein/history, or ~/.skein_history; empty without a home.
std::string HistoryFile();

}  // namespace skein::core
