// The operator by which the tasks of a stage write the files of one COPY: each into a folder of its own, below one that
// the client makes when an execution starts and whose files it moves to their names at the end. Gives one row a task,
// or one a file, as DuckDB's COPY with RETURN_FILES or RETURN_STATS does.
#pragma once

#include <memory>
#include <string>

#include "duckdb/planner/operator/logical_copy_to_file.hpp"
#include "engine/logical_operators.h"

namespace skein::core {

/// Shared by a plan, which may be executed many times, and whoever starts an execution of it.
struct CopyTarget {
  /// Absolute; set before the fragments of an execution are encoded.
  std::string staging_folder;
};

class LogicalTaskCopy : public SkeinOperator {
 public:
  LogicalTaskCopy() : SkeinOperator(OperatorKind::kTaskCopy) {}
  /// Takes DuckDB's `copy` without its child, and that child. `copy` says what is written and what rows come back.
  LogicalTaskCopy(duckdb::unique_ptr<duckdb::LogicalCopyToFile> copy, duckdb::unique_ptr<duckdb::LogicalOperator> child,
                  std::shared_ptr<const CopyTarget> target);
  duckdb::PhysicalOperator& CreatePlan(duckdb::ClientContext& context, duckdb::PhysicalPlanGenerator& planner) override;
  std::string GetName() const override { return "COPY_TO_FILE"; }

  /// "parquet", "csv"
  const std::string& format() const { return copy_->function.name; }

 protected:
  void SerializeOwn(duckdb::Serializer& serializer) const override;
  void DeserializeOwn(duckdb::Deserializer& deserializer) override;

 private:
  duckdb::unique_ptr<duckdb::LogicalCopyToFile> copy_;
  std::shared_ptr<const CopyTarget> target_;
};

}  // namespace skein::core
