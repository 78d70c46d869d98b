// A DuckDB instance with Skein in it, for programs that know no DuckDB: SQL in, printed results out. One thread, but
// for Interrupt and FinishedTasks.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include <arrow/result.h>

namespace skein::core {

enum class OutputFormat { kTable, kCsv, kJson, kNone };

struct SqlSessionOptions {
  std::string database;       // DuckDB file; empty: in memory
  std::string worker_binary;  // for local workers
  std::string cluster;        // as in skein_cluster; empty: none
  std::string mode = "auto";
  OutputFormat format = OutputFormat::kTable;
};

class SqlSession {
 public:
  /// Errors: a database that DuckDB cannot open, a cluster text that is wrong.
  static arrow::Result<std::unique_ptr<SqlSession>> Open(SqlSessionOptions options);
  virtual ~SqlSession() = default;

  /// Is called when a statement begins; what it returns is dropped when that has ended, before its result is printed.
  using Watch = std::function<std::shared_ptr<void>()>;
  /// Runs all statements of `sql` and prints the result of each, whole, once it is complete. Stops at the first error.
  virtual arrow::Status Run(const std::string& sql, std::ostream& out, const Watch& watch) = 0;
  /// Says whether `sql` ends with the end of a statement; see statement_end.h.
  virtual bool EndsStatement(const std::string& sql) const = 0;
  /// Returns what may stand in a statement and begins with `prefix`; see name_completion.h.
  virtual std::vector<std::string> NamesThatBegin(const std::string& prefix) = 0;
  virtual void SetFormat(OutputFormat format) = 0;
  /// Cancels the running statement. Any thread.
  virtual void Interrupt() = 0;
  /// Finished and all tasks of the distributed query that runs; nothing when none does. Any thread.
  virtual std::optional<std::pair<int, int>> FinishedTasks() const = 0;
};

}  // namespace skein::core
