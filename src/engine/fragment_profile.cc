#include "engine/fragment_profile.h"

#include "duckdb/main/client_config.hpp"
#include "duckdb/main/query_profiler.hpp"

namespace skein::core {
namespace {

using duckdb::MetricType;
using duckdb::ProfilingNode;

void AddNode(const ProfilingNode& node, uint32_t depth, std::vector<OperatorFigures>& operators) {
  const auto& info = node.GetProfilingInfo();
  OperatorFigures figures;
  figures.depth = depth;
  figures.name = info.GetMetricValue<std::string>(MetricType::OPERATOR_NAME);
  figures.rows = info.GetMetricValue<uint64_t>(MetricType::OPERATOR_CARDINALITY);
  figures.time_us = static_cast<uint64_t>(info.GetMetricValue<double>(MetricType::OPERATOR_TIMING) * 1e6);
  operators.push_back(std::move(figures));
  for (const auto& child : node.children) AddNode(*child, depth + 1, operators);
}

}  // namespace

void StartProfile(duckdb::ClientContext& context) {
  auto& config = duckdb::ClientConfig::GetConfig(context);
  config.enable_profiler = true;
  config.emit_profiler_output = false;
  config.profiler_settings = {MetricType::OPERATOR_TIMING, MetricType::OPERATOR_CARDINALITY,
                              MetricType::SYSTEM_PEAK_TEMP_DIR_SIZE};
}

void ReadProfile(duckdb::ClientContext& context, TaskResult& result) {
  duckdb::QueryProfiler::Get(context).GetRootUnderLock([&](duckdb::optional_ptr<ProfilingNode> root) {
    if (!root) return;
    // Above the fragment's root stands only what collects the statement's result.
    for (const auto& child : root->children) AddNode(*child, 0, result.operators);
    // As a source of the statement's result it gave one row, the number of those that it took.
    if (!result.operators.empty()) result.operators.front().rows = result.rows_out;
    const auto& metrics = root->GetProfilingInfo().metrics;
    const auto temp = metrics.find(MetricType::SYSTEM_PEAK_TEMP_DIR_SIZE);
    if (temp != metrics.end()) result.temp_bytes = temp->second.GetValue<uint64_t>();
  });
}

}  // namespace skein::core
