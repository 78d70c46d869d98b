#include "extension/explain_rows.h"

#include "duckdb/common/types/column/column_data_collection.hpp"
#include "duckdb/planner/operator/logical_column_data_get.hpp"
#include "duckdb/planner/operator/logical_explain.hpp"
#include "duckdb/planner/operator/logical_set_operation.hpp"
#include "extension/remote_query.h"
#include "plan/stage_json.h"
#include "plan/stage_tree.h"

namespace skein {
namespace {

using duckdb::LogicalType;

using Printer = std::function<std::string(const DistributedPlan&)>;

void CollectTrees(duckdb::LogicalOperator& op, const Printer& print, std::vector<std::string>& trees) {
  auto* ours = AsSkein(op);
  if (ours != nullptr && ours->kind() == OperatorKind::kRemoteQuery) {
    trees.push_back(print(static_cast<LogicalRemoteQuery&>(*ours).query().plan));
  }
  for (auto& child : op.children) CollectTrees(*child, print, trees);
}

/// What a plan is printed with; nothing for formats that have no form for it.
Printer PrinterOf(const duckdb::LogicalExplain& explain) {
  if (explain.explain_type != duckdb::ExplainType::EXPLAIN_STANDARD) return nullptr;
  switch (explain.explain_format) {
    case duckdb::ExplainFormat::DEFAULT:
    case duckdb::ExplainFormat::TEXT:
      return [](const DistributedPlan& plan) { return ToStageTree(plan); };
    case duckdb::ExplainFormat::JSON:
      return ToStageJson;
    default:
      return nullptr;
  }
}

}  // namespace

void AddStageRows(duckdb::ClientContext& context, duckdb::unique_ptr<duckdb::LogicalOperator>& explain,
                  const std::function<duckdb::idx_t()>& new_table_index) {
  const auto print = PrinterOf(explain->Cast<duckdb::LogicalExplain>());
  if (!print) return;
  std::vector<std::string> trees;
  CollectTrees(*explain, print, trees);
  if (trees.empty()) return;
  const duckdb::vector<LogicalType> types{LogicalType::VARCHAR, LogicalType::VARCHAR};
  auto rows = duckdb::make_uniq<duckdb::ColumnDataCollection>(context, types);
  duckdb::DataChunk chunk;
  chunk.Initialize(duckdb::Allocator::Get(context), types);
  for (const auto& tree : trees) {
    chunk.Reset();
    chunk.SetCardinality(1);
    chunk.SetValue(0, 0, duckdb::Value("skein_stages"));
    chunk.SetValue(1, 0, duckdb::Value(tree));
    rows->Append(chunk);
  }
  auto added = duckdb::make_uniq<duckdb::LogicalColumnDataGet>(new_table_index(), types, std::move(rows));
  // Without the freedom to reorder, DuckDB's plan stays the first row.
  explain = duckdb::make_uniq<duckdb::LogicalSetOperation>(new_table_index(), 2, std::move(explain), std::move(added),
                                                           duckdb::LogicalOperatorType::LOGICAL_UNION, true, false);
}

}  // namespace skein
