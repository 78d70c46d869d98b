// The root of a COPY whose files are written by workers: takes the names of the files that tasks wrote, and when all of
// them have ended gives the files their names. A sink and a source in the client's plan, as DuckDB's operator that it
// stands for. A statement that fails in any way leaves nothing.
#pragma once

#include <memory>

#include "duckdb/execution/physical_operator.hpp"
#include "duckdb/planner/operator/logical_copy_to_file.hpp"
#include "engine/logical_operators.h"
#include "engine/task_copy.h"
#include "extension/staged_copy.h"

namespace skein::core {

class LogicalClusterCopy : public SkeinOperator {
 public:
  /// Takes the place of `copy`; the child gives what its tasks return.
  LogicalClusterCopy(const duckdb::LogicalCopyToFile& copy, std::shared_ptr<CopyTarget> target,
                     duckdb::unique_ptr<duckdb::LogicalOperator> child);
  duckdb::PhysicalOperator& CreatePlan(duckdb::ClientContext& context, duckdb::PhysicalPlanGenerator& planner) override;
  std::string GetName() const override { return "COPY_TO_FILE"; }
  bool SupportSerialization() const override { return false; }

 private:
  CopyNames names_;
  duckdb::CopyFunctionReturnType returns_;
  std::shared_ptr<CopyTarget> target_;
};

class PhysicalClusterCopy : public duckdb::PhysicalOperator {
 public:
  PhysicalClusterCopy(duckdb::PhysicalPlan& plan, duckdb::vector<duckdb::LogicalType> types, CopyNames names,
                      duckdb::CopyFunctionReturnType returns, std::shared_ptr<CopyTarget> target);

  std::string GetName() const override { return "COPY_TO_FILE"; }
  bool IsSink() const override { return true; }
  duckdb::unique_ptr<duckdb::GlobalSinkState> GetGlobalSinkState(duckdb::ClientContext& context) const override;
  duckdb::SinkResultType Sink(duckdb::ExecutionContext& context, duckdb::DataChunk& chunk,
                              duckdb::OperatorSinkInput& input) const override;
  duckdb::SinkFinalizeType Finalize(duckdb::Pipeline& pipeline, duckdb::Event& event, duckdb::ClientContext& context,
                                    duckdb::OperatorSinkFinalizeInput& input) const override;

  bool IsSource() const override { return true; }
  duckdb::unique_ptr<duckdb::GlobalSourceState> GetGlobalSourceState(duckdb::ClientContext& context) const override;
  duckdb::SourceResultType GetDataInternal(duckdb::ExecutionContext& context, duckdb::DataChunk& chunk,
                                           duckdb::OperatorSourceInput& input) const override;

 private:
  const CopyNames names_;
  const duckdb::CopyFunctionReturnType returns_;
  const std::shared_ptr<CopyTarget> target_;
};

}  // namespace skein::core
