#include "extension/analyzed_explain.h"

#include <utility>

#include "coordinator/stage_lines.h"
#include "duckdb/execution/operator/helper/physical_explain_analyze.hpp"
#include "duckdb/execution/physical_plan_generator.hpp"
#include "extension/instance_state.h"
#include "plan/stage_tree.h"

namespace skein::core {
namespace {

StageNotes FiguresOf(duckdb::ClientContext& context, const RemoteRun& run) {
  StageNotes notes;
  const auto query = run.query();
  const auto cluster = InstanceState::Get(context).cluster();
  if (!query || !cluster) return notes;
  for (const auto& stage : cluster->Stages()) {
    if (stage.query == *query) notes[stage.stage] = FigureLines(stage);
  }
  return notes;
}

class PhysicalAnalyzedExplain : public duckdb::PhysicalExplainAnalyze {
 public:
  PhysicalAnalyzedExplain(duckdb::PhysicalPlan& plan, duckdb::vector<duckdb::LogicalType> types,
                          duckdb::ExplainFormat format, std::vector<AnalyzedQuery> queries)
      : PhysicalExplainAnalyze(plan, std::move(types), format), queries_(std::move(queries)) {}

  /// Gives DuckDB's row and ours in one chunk: there are as many of ours as remote operators in one statement.
  duckdb::SourceResultType GetDataInternal(duckdb::ExecutionContext& context, duckdb::DataChunk& chunk,
                                           duckdb::OperatorSourceInput& input) const override {
    const auto state = PhysicalExplainAnalyze::GetDataInternal(context, chunk, input);
    for (const auto& query : queries_) {
      const auto row = chunk.size();
      if (row == STANDARD_VECTOR_SIZE) break;
      chunk.SetCardinality(row + 1);
      chunk.SetValue(0, row, duckdb::Value("skein_stages"));
      chunk.SetValue(1, row, duckdb::Value(ToStageTree(query.plan, FiguresOf(context.client, *query.run))));
    }
    return state;
  }

 private:
  const std::vector<AnalyzedQuery> queries_;
};

}  // namespace

LogicalAnalyzedExplain::LogicalAnalyzedExplain(duckdb::LogicalExplain& explain, std::vector<AnalyzedQuery> queries)
    : format_(explain.explain_format),
      bindings_(static_cast<duckdb::LogicalOperator&>(explain).GetColumnBindings()),
      queries_(std::move(queries)) {
  children = std::move(explain.children);
  ResolveOperatorTypes();
}

duckdb::PhysicalOperator& LogicalAnalyzedExplain::CreatePlan(duckdb::ClientContext&,
                                                             duckdb::PhysicalPlanGenerator& planner) {
  auto& child = planner.CreatePlan(*children[0]);
  auto& explain = planner.Make<PhysicalAnalyzedExplain>(types, format_, queries_);
  explain.children.push_back(child);
  return explain;
}

}  // namespace skein::core
