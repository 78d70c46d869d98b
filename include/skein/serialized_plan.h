// What a hand-made stage runs, in the one form that every DuckDB reads: SQL. A value.
#pragma once

#include <string>
#include <utility>

namespace skein {

class SerializedPlan {
 public:
  /// Takes one SELECT; it is looked at when the stages are planned. It reads files and tables, and the rows of stage N,
  /// which its stage depends on, as the table stage_N.
  static SerializedPlan FromSql(std::string sql) { return SerializedPlan(std::move(sql)); }

  const std::string& sql() const { return sql_; }

 private:
  explicit SerializedPlan(std::string sql) : sql_(std::move(sql)) {}
  std::string sql_;
};

}  // namespace skein
