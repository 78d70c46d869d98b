// The logical operators that Skein puts into DuckDB's plans. They keep the column bindings of what they stand for, so
// that nothing above them changes. All but LogicalExchange travel inside fragments.
#pragma once

#include <optional>
#include <string>

#include "base/ids.h"
#include "duckdb.hpp"
#include "duckdb/planner/operator/logical_extension_operator.hpp"
#include "engine/merge_key.h"
#include "engine/split_scan_spec.h"
#include "plan/distributed_plan.h"

namespace skein::core {

/// Tells our operators apart, in memory and on the wire.
enum class OperatorKind : uint8_t {
  kExchange = 0,
  kExchangeSource = 1,
  kExchangeSink = 2,
  kSplitScan = 3,
  kRestore = 4,
  kRemoteQuery = 5,
  kClientSink = 6,
  kTaskCopy = 7,
  kClusterCopy = 8
};

/// What all of them share: fixed bindings and types. `expressions` of the base class are resolved by DuckDB.
class SkeinOperator : public duckdb::LogicalExtensionOperator {
 public:
  static constexpr const char* kExtensionName = "skein";

  explicit SkeinOperator(OperatorKind kind) : kind_(kind) {}
  OperatorKind kind() const { return kind_; }

  duckdb::vector<duckdb::ColumnBinding> GetColumnBindings() override { return bindings; }
  std::string GetExtensionName() const override { return kExtensionName; }
  void Serialize(duckdb::Serializer& serializer) const override;
  static duckdb::unique_ptr<SkeinOperator> Deserialize(duckdb::Deserializer& deserializer);

  duckdb::vector<duckdb::ColumnBinding> bindings;
  duckdb::vector<duckdb::LogicalType> output_types;
  /// The types with which the rows come, where their collations may be others (see types_as_run.h); empty where not.
  duckdb::vector<duckdb::LogicalType> run_types;
  const duckdb::vector<duckdb::LogicalType>& RunTypes() const { return run_types.empty() ? output_types : run_types; }

 protected:
  void ResolveTypes() override { types = output_types; }
  virtual void SerializeOwn(duckdb::Serializer& serializer) const {}
  virtual void DeserializeOwn(duckdb::Deserializer& deserializer) {}

 private:
  OperatorKind kind_;
};

/// Returns `op` as one of ours, or null.
SkeinOperator* AsSkein(duckdb::LogicalOperator& op);

/// An exchange that is not cut yet: on one node it passes its child through, so a plan with exchanges still runs.
/// `expressions` are the partition keys over the child's columns.
class LogicalExchange : public SkeinOperator {
 public:
  LogicalExchange(ExchangeKind exchange_kind, duckdb::unique_ptr<duckdb::LogicalOperator> child);
  duckdb::PhysicalOperator& CreatePlan(duckdb::ClientContext& context, duckdb::PhysicalPlanGenerator& planner) override;
  std::string GetName() const override { return "EXCHANGE"; }

  ExchangeKind exchange_kind;
  bool is_ordered = false;
  /// Of a gather whose child is sorted at each task: the columns by which its runs are merged.
  std::vector<MergeKey> merge_keys;
  /// The child runs in the client's process, which pushes its rows to the workers.
  bool is_from_client = false;
  /// Why it does, as text for people.
  std::string client_reason;
  /// The child is the definition of a CTE, whose rows are stored for all references.
  bool is_shared = false;
  /// How many tasks make the rows; nothing where the planner is to decide.
  std::optional<uint32_t> producer_tasks;
  /// The child is a reference to this CTE, whose rows a shared exchange has stored: they are read again.
  std::optional<duckdb::idx_t> reads_cte;
};

/// A leaf that takes rows from an input exchange of the task.
class LogicalExchangeSource : public SkeinOperator {
 public:
  LogicalExchangeSource() : SkeinOperator(OperatorKind::kExchangeSource) {}
  duckdb::PhysicalOperator& CreatePlan(duckdb::ClientContext& context, duckdb::PhysicalPlanGenerator& planner) override;
  std::string GetName() const override { return "EXCHANGE_SOURCE"; }
  duckdb::idx_t EstimateCardinality(duckdb::ClientContext&) override { return estimated_cardinality; }

  ExchangeId exchange = 0;
  bool is_ordered = false;
  /// Not empty: the rows of each producer are sorted by these, and merged.
  std::vector<MergeKey> merge_keys;

 protected:
  void SerializeOwn(duckdb::Serializer& serializer) const override;
  void DeserializeOwn(duckdb::Deserializer& deserializer) override;
};

/// The root of a fragment: partitions rows by `expressions` (none: all rows to every range) into the retained store.
class LogicalExchangeSink : public SkeinOperator {
 public:
  LogicalExchangeSink() : SkeinOperator(OperatorKind::kExchangeSink) {}
  duckdb::PhysicalOperator& CreatePlan(duckdb::ClientContext& context, duckdb::PhysicalPlanGenerator& planner) override;
  std::string GetName() const override { return "EXCHANGE_SINK"; }
  bool RequireOptimizer() const override { return false; }

  bool is_ordered = false;
  /// The only expression gives the number of the partition, instead of being hashed.
  bool is_key_index = false;

 protected:
  void SerializeOwn(duckdb::Serializer& serializer) const override;
  void DeserializeOwn(duckdb::Deserializer& deserializer) override;
};

/// A Parquet scan that reads the splits which the coordinator's ledger gives to its task.
class LogicalSplitScan : public SkeinOperator {
 public:
  LogicalSplitScan() : SkeinOperator(OperatorKind::kSplitScan) {}
  duckdb::PhysicalOperator& CreatePlan(duckdb::ClientContext& context, duckdb::PhysicalPlanGenerator& planner) override;
  std::string GetName() const override { return "SPLIT_SCAN"; }

  SplitScanSpec spec;
  /// Filled by joins of the same fragment while it runs; null without such a join. Not on the wire: see JoinFacts.
  duckdb::shared_ptr<duckdb::DynamicTableFilterSet> dynamic_filters;

 protected:
  void SerializeOwn(duckdb::Serializer& serializer) const override;
  void DeserializeOwn(duckdb::Deserializer& deserializer) override;
};

/// A projection whose columns carry the bindings of the operator that it replaces (which may have several tables).
class LogicalRestore : public SkeinOperator {
 public:
  LogicalRestore() : SkeinOperator(OperatorKind::kRestore) {}
  duckdb::PhysicalOperator& CreatePlan(duckdb::ClientContext& context, duckdb::PhysicalPlanGenerator& planner) override;
  std::string GetName() const override { return "RESTORE"; }
};

/// Lets DuckDB of this instance read our operators out of serialized plans. Call once an instance.
void RegisterOperators(duckdb::DatabaseInstance& database);

}  // namespace skein::core
