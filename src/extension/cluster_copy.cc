#include "extension/cluster_copy.h"

#include <algorithm>

#include "duckdb/execution/physical_plan_generator.hpp"
#include "duckdb/main/client_context.hpp"
#include "duckdb/main/client_context_state.hpp"
#include "extension/copied_files.h"

namespace skein::core {
namespace {

// DuckDB keeps the states of a prepared statement after it has failed: what was begun ends with the statement.
class BegunCopies : public duckdb::ClientContextState {
 public:
  static constexpr const char* kName = "skein_begun_copies";
  void QueryEnd(duckdb::ClientContext&) override {
    for (const auto& copy : copies) copy->Abandon();
    copies.clear();
  }
  std::vector<std::shared_ptr<StagedCopy>> copies;
};

class SinkState : public duckdb::GlobalSinkState {
 public:
  SinkState(duckdb::ClientContext& context, const CopyNames& names, duckdb::CopyFunctionReturnType returns)
      : copy(std::make_shared<StagedCopy>(duckdb::FileSystem::GetFileSystem(context), names)), files(returns) {
    context.registered_state->GetOrCreate<BegunCopies>(BegunCopies::kName)->copies.push_back(copy);
  }
  const std::shared_ptr<StagedCopy> copy;
  CopiedFiles files;
};

class SourceState : public duckdb::GlobalSourceState {
 public:
  duckdb::idx_t next_row = 0;
};

}  // namespace

LogicalClusterCopy::LogicalClusterCopy(const duckdb::LogicalCopyToFile& copy, std::shared_ptr<CopyTarget> target,
                                       duckdb::unique_ptr<duckdb::LogicalOperator> child)
    : SkeinOperator(OperatorKind::kClusterCopy),
      names_{copy.file_path, copy.filename_pattern, copy.file_extension, copy.overwrite_mode, copy.partition_output},
      returns_(copy.return_type),
      target_(std::move(target)) {
  output_types = duckdb::GetCopyFunctionReturnLogicalTypes(returns_);
  for (duckdb::idx_t i = 0; i < output_types.size(); i++) bindings.emplace_back(0, i);
  children.push_back(std::move(child));
  SetEstimatedCardinality(1);
  ResolveOperatorTypes();
}

duckdb::PhysicalOperator& LogicalClusterCopy::CreatePlan(duckdb::ClientContext&,
                                                         duckdb::PhysicalPlanGenerator& planner) {
  auto& child = planner.CreatePlan(*children[0]);
  auto& copy = planner.Make<PhysicalClusterCopy>(types, names_, returns_, target_);
  copy.children.push_back(child);
  return copy;
}

PhysicalClusterCopy::PhysicalClusterCopy(duckdb::PhysicalPlan& plan, duckdb::vector<duckdb::LogicalType> types,
                                         CopyNames names, duckdb::CopyFunctionReturnType returns,
                                         std::shared_ptr<CopyTarget> target)
    : PhysicalOperator(plan, duckdb::PhysicalOperatorType::EXTENSION, std::move(types), 1),
      names_(std::move(names)),
      returns_(returns),
      target_(std::move(target)) {}

// Before the source below begins, and with it the query.
duckdb::unique_ptr<duckdb::GlobalSinkState> PhysicalClusterCopy::GetGlobalSinkState(
    duckdb::ClientContext& context) const {
  auto state = duckdb::make_uniq<SinkState>(context, names_, returns_);
  target_->staging_folder = state->copy->staging_folder();
  return state;
}

duckdb::SinkResultType PhysicalClusterCopy::Sink(duckdb::ExecutionContext&, duckdb::DataChunk& chunk,
                                                 duckdb::OperatorSinkInput& input) const {
  input.global_state.Cast<SinkState>().files.Append(chunk);
  return duckdb::SinkResultType::NEED_MORE_INPUT;
}

duckdb::SinkFinalizeType PhysicalClusterCopy::Finalize(duckdb::Pipeline&, duckdb::Event&, duckdb::ClientContext&,
                                                       duckdb::OperatorSinkFinalizeInput& input) const {
  auto& state = input.global_state.Cast<SinkState>();
  target_->staging_folder.clear();
  state.files.TakeNames(state.copy->Commit(state.files.WorthKeeping()));
  return duckdb::SinkFinalizeType::READY;
}

duckdb::unique_ptr<duckdb::GlobalSourceState> PhysicalClusterCopy::GetGlobalSourceState(duckdb::ClientContext&) const {
  return duckdb::make_uniq<SourceState>();
}

duckdb::SourceResultType PhysicalClusterCopy::GetDataInternal(duckdb::ExecutionContext&, duckdb::DataChunk& chunk,
                                                              duckdb::OperatorSourceInput& input) const {
  auto& next_row = input.global_state.Cast<SourceState>().next_row;
  const auto& rows = sink_state->Cast<SinkState>().files.rows();
  const auto count = std::min<duckdb::idx_t>(STANDARD_VECTOR_SIZE, rows.size() - next_row);
  for (duckdb::idx_t i = 0; i < count; i++) {
    for (duckdb::idx_t column = 0; column < types.size(); column++) {
      chunk.SetValue(column, i, rows[next_row + i][column]);
    }
  }
  chunk.SetCardinality(count);
  next_row += count;
  return next_row < rows.size() ? duckdb::SourceResultType::HAVE_MORE_OUTPUT : duckdb::SourceResultType::FINISHED;
}

}  // namespace skein::core
