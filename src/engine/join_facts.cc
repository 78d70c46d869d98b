#include "engine/join_facts.h"

#include "duckdb/common/serializer/deserializer.hpp"
#include "duckdb/common/serializer/serializer.hpp"
#include "duckdb/execution/operator/scan/physical_table_scan.hpp"
#include "duckdb/planner/operator/logical_comparison_join.hpp"
#include "engine/logical_operators.h"

namespace skein::core {
namespace {

using duckdb::idx_t;

duckdb::LogicalComparisonJoin* AsComparisonJoin(duckdb::LogicalOperator& op) {
  return dynamic_cast<duckdb::LogicalComparisonJoin*>(&op);
}

LogicalSplitScan* AsSplitScan(duckdb::LogicalOperator& op) {
  auto* ours = AsSkein(op);
  return ours != nullptr && ours->kind() == OperatorKind::kSplitScan ? static_cast<LogicalSplitScan*>(ours) : nullptr;
}

// DuckDB looks at the build side's minimum and maximum also to choose a perfect hash join, without any scan to filter.
bool ChoosesPerfectHash(const duckdb::LogicalComparisonJoin& join) {
  return join.join_type == duckdb::JoinType::INNER && join.conditions.size() == 1 &&
         join.filter_pushdown->join_condition.size() == 1 &&
         join.conditions[0].comparison == duckdb::ExpressionType::COMPARE_EQUAL &&
         duckdb::TypeIsIntegral(join.conditions[0].right->return_type.InternalType());
}

}  // namespace

JoinFacts JoinFacts::Collect(duckdb::LogicalOperator& op, const Positions& operators) {
  JoinFacts facts;
  const auto* join = AsComparisonJoin(op);
  if (join == nullptr) return facts;
  facts.key_stats_ = CopyStatistics(join->join_stats);
  if (!join->filter_pushdown) return facts;
  const auto& pushdown = *join->filter_pushdown;
  for (const auto& target : pushdown.probe_info) {
    for (idx_t i = 0; i < operators.size(); i++) {
      const auto* scan = AsSplitScan(*operators[i]);
      if (scan == nullptr || scan->dynamic_filters != target.dynamic_filters) continue;
      Probe probe;
      probe.scan = i;
      for (const auto& column : target.columns) {
        probe.columns.push_back(column.probe_column_index.column_index);
        probe.storage_types.push_back(column.storage_type);
      }
      facts.probes_.push_back(std::move(probe));
    }
  }
  facts.has_filters_ = !facts.probes_.empty() || ChoosesPerfectHash(*join);
  facts.build_side_has_filter_ = pushdown.build_side_has_filter;
  facts.conditions_ = pushdown.join_condition;
  for (const auto& aggregate : pushdown.min_max_aggregates) facts.min_max_.push_back(aggregate->Copy());
  return facts;
}

void JoinFacts::Apply(duckdb::LogicalOperator& op, const Positions& operators) const {
  auto* join = AsComparisonJoin(op);
  if (join == nullptr) return;
  join->join_stats = CopyStatistics(key_stats_);
  if (!has_filters_) return;
  auto pushdown = duckdb::make_uniq<duckdb::JoinFilterPushdownInfo>();
  pushdown->join_condition = conditions_;
  pushdown->build_side_has_filter = build_side_has_filter_;
  for (const auto& aggregate : min_max_) pushdown->min_max_aggregates.push_back(aggregate->Copy());
  for (const auto& probe : probes_) {
    auto* scan = probe.scan < operators.size() ? AsSplitScan(*operators[probe.scan]) : nullptr;
    if (scan == nullptr) throw duckdb::SerializationException("a join filters what is not a scan of its fragment");
    if (!scan->dynamic_filters) scan->dynamic_filters = duckdb::make_shared_ptr<duckdb::DynamicTableFilterSet>();
    duckdb::JoinFilterPushdownFilter target;
    target.dynamic_filters = scan->dynamic_filters;
    for (idx_t i = 0; i < probe.columns.size(); i++) {
      target.columns.push_back({duckdb::ColumnBinding(0, probe.columns[i]), probe.storage_types[i]});
    }
    pushdown->probe_info.push_back(std::move(target));
  }
  join->filter_pushdown = std::move(pushdown);
}

void JoinFacts::Serialize(duckdb::Serializer& serializer) const {
  WriteStatistics(serializer, 100, "key_stats", key_stats_);
  serializer.WriteProperty(101, "has_filters", has_filters_);
  if (!has_filters_) return;
  serializer.WriteProperty(102, "build_side_has_filter", build_side_has_filter_);
  serializer.WriteProperty(103, "conditions", conditions_);
  serializer.WriteProperty(104, "min_max", min_max_);
  serializer.WriteList(105, "probes", probes_.size(), [&](duckdb::Serializer::List& list, idx_t i) {
    list.WriteObject([&](duckdb::Serializer& object) {
      object.WriteProperty(100, "scan", probes_[i].scan);
      object.WriteProperty(101, "columns", probes_[i].columns);
      object.WriteProperty(102, "storage_types", probes_[i].storage_types);
    });
  });
}

JoinFacts JoinFacts::Deserialize(duckdb::Deserializer& deserializer) {
  JoinFacts facts;
  facts.key_stats_ = ReadStatistics(deserializer, 100, "key_stats");
  deserializer.ReadProperty(101, "has_filters", facts.has_filters_);
  if (!facts.has_filters_) return facts;
  deserializer.ReadProperty(102, "build_side_has_filter", facts.build_side_has_filter_);
  deserializer.ReadProperty(103, "conditions", facts.conditions_);
  deserializer.ReadProperty(104, "min_max", facts.min_max_);
  deserializer.ReadList(105, "probes", [&](duckdb::Deserializer::List& list, idx_t) {
    list.ReadObject([&](duckdb::Deserializer& object) {
      Probe probe;
      object.ReadProperty(100, "scan", probe.scan);
      object.ReadProperty(101, "columns", probe.columns);
      object.ReadProperty(102, "storage_types", probe.storage_types);
      facts.probes_.push_back(std::move(probe));
    });
  });
  return facts;
}

}  // namespace skein::core
