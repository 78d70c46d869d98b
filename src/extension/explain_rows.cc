#include "extension/explain_rows.h"

#include <nlohmann/json.hpp>

#include "duckdb/common/types/column/column_data_collection.hpp"
#include "duckdb/planner/operator/logical_column_data_get.hpp"
#include "duckdb/planner/operator/logical_explain.hpp"
#include "duckdb/planner/operator/logical_set_operation.hpp"
#include "extension/analyzed_explain.h"
#include "extension/remote_query.h"
#include "plan/stage_json.h"
#include "plan/stage_tree.h"

namespace skein::core {
namespace {

using duckdb::LogicalType;

using Printer = std::function<std::string(const DistributedPlan&)>;

void CollectRemotes(duckdb::LogicalOperator& op, std::vector<LogicalRemoteQuery*>& remotes) {
  auto* ours = AsSkein(op);
  if (ours != nullptr && ours->kind() == OperatorKind::kRemoteQuery) {
    remotes.push_back(static_cast<LogicalRemoteQuery*>(ours));
  }
  for (auto& child : op.children) CollectRemotes(*child, remotes);
}

bool IsText(duckdb::ExplainFormat format) {
  return format == duckdb::ExplainFormat::DEFAULT || format == duckdb::ExplainFormat::TEXT;
}

/// What a plan is printed with; nothing for formats that have no form for it.
Printer PrinterOf(duckdb::ExplainFormat format) {
  if (IsText(format)) return [](const DistributedPlan& plan) { return ToStageTree(plan); };
  return format == duckdb::ExplainFormat::JSON ? Printer(ToStageJson) : nullptr;
}

std::string PrintReasons(const std::vector<std::string>& reasons, duckdb::ExplainFormat format) {
  if (!IsText(format)) return nlohmann::json(reasons).dump();
  std::string lines = "In the client, because:\n";
  for (const auto& reason : reasons) lines += "  " + reason + "\n";
  return lines;
}

duckdb::unique_ptr<duckdb::LogicalOperator> Analyze(duckdb::LogicalExplain& explain,
                                                    const std::vector<LogicalRemoteQuery*>& remotes) {
  std::vector<AnalyzedQuery> queries;
  for (auto* remote : remotes) queries.push_back({remote->query().plan, remote->NoteRuns()});
  return duckdb::make_uniq<LogicalAnalyzedExplain>(explain, std::move(queries));
}

}  // namespace

void AddStageRows(duckdb::ClientContext& context, duckdb::unique_ptr<duckdb::LogicalOperator>& explain,
                  const std::vector<std::string>& client_reasons,
                  const std::function<duckdb::idx_t()>& new_table_index) {
  auto& own = explain->Cast<duckdb::LogicalExplain>();
  std::vector<LogicalRemoteQuery*> remotes;
  CollectRemotes(*explain, remotes);
  if (remotes.empty() && client_reasons.empty()) return;
  if (own.explain_type == duckdb::ExplainType::EXPLAIN_ANALYZE) {
    if (IsText(own.explain_format) && !remotes.empty()) explain = Analyze(own, remotes);
    return;
  }
  const auto print = PrinterOf(own.explain_format);
  if (!print) return;
  const duckdb::vector<LogicalType> types{LogicalType::VARCHAR, LogicalType::VARCHAR};
  auto rows = duckdb::make_uniq<duckdb::ColumnDataCollection>(context, types);
  duckdb::DataChunk chunk;
  chunk.Initialize(duckdb::Allocator::Get(context), types);
  const auto add = [&](const char* key, const std::string& value) {
    chunk.Reset();
    chunk.SetCardinality(1);
    chunk.SetValue(0, 0, duckdb::Value(key));
    chunk.SetValue(1, 0, duckdb::Value(value));
    rows->Append(chunk);
  };
  for (const auto* remote : remotes) add("skein_stages", print(remote->query().plan));
  if (!client_reasons.empty()) add("skein_client", PrintReasons(client_reasons, own.explain_format));
  auto added = duckdb::make_uniq<duckdb::LogicalColumnDataGet>(new_table_index(), types, std::move(rows));
  // Without the freedom to reorder, DuckDB's plan stays the first row.
  explain = duckdb::make_uniq<duckdb::LogicalSetOperation>(new_table_index(), 2, std::move(explain), std::move(added),
                                                           duckdb::LogicalOperatorType::LOGICAL_UNION, true, false);
}

}  // namespace skein::core
