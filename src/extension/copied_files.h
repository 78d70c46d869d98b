// What the tasks of a COPY say that they wrote, and what the statement says of it in the end. A value; one thread.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "duckdb.hpp"
#include "duckdb/function/copy_function.hpp"

namespace skein::core {

class CopiedFiles {
 public:
  using Row = duckdb::vector<duckdb::Value>;

  /// `returns` is what the statement returns: of tasks a row a file with statistics, otherwise a row a task.
  explicit CopiedFiles(duckdb::CopyFunctionReturnType returns) : returns_(returns) {}

  void Append(duckdb::DataChunk& chunk);
  /// Returns the paths of the files that are to stay, sorted. Every task without rows may have made an empty one: where
  /// no task has rows, one of these stays.
  std::vector<std::string> WorthKeeping();
  /// Takes what the files that stay are called now, and makes the rows of the statement.
  void TakeNames(const std::vector<std::string>& names);
  const std::vector<Row>& rows() const { return rows_; }

 private:
  struct File {
    std::string path;
    bool is_empty = false;
    Row statistics;  // where the statement returns them
  };

  const duckdb::CopyFunctionReturnType returns_;
  std::vector<File> files_;
  int64_t row_count_ = 0;
  std::vector<Row> rows_;
};

}  // namespace skein::core
