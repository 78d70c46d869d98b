#include "engine/logical_operators.h"

#include "duckdb/common/serializer/deserializer.hpp"
#include "duckdb/common/serializer/serializer.hpp"
#include "duckdb/execution/operator/projection/physical_projection.hpp"
#include "duckdb/execution/physical_plan_generator.hpp"
#include "duckdb/main/config.hpp"
#include "engine/physical_exchange_merge.h"
#include "engine/physical_exchange_sink.h"
#include "engine/physical_exchange_source.h"
#include "engine/physical_split_scan.h"
#include "engine/task_copy.h"
#include "engine/types_as_run.h"

namespace skein::core {
namespace {

// DuckDB asks every operator extension to bind a statement that it could not bind itself: ours binds none.
duckdb::BoundStatement BindNothing(duckdb::ClientContext&, duckdb::Binder&, duckdb::OperatorExtensionInfo*,
                                   duckdb::SQLStatement&) {
  return {};
}

class SkeinOperatorExtension : public duckdb::OperatorExtension {
 public:
  SkeinOperatorExtension() { Bind = BindNothing; }
  std::string GetName() override { return SkeinOperator::kExtensionName; }
  duckdb::unique_ptr<duckdb::LogicalExtensionOperator> Deserialize(duckdb::Deserializer& deserializer) override {
    return SkeinOperator::Deserialize(deserializer);
  }
};

duckdb::unique_ptr<SkeinOperator> MakeOperator(OperatorKind kind) {
  switch (kind) {
    case OperatorKind::kExchangeSource:
      return duckdb::make_uniq<LogicalExchangeSource>();
    case OperatorKind::kExchangeSink:
      return duckdb::make_uniq<LogicalExchangeSink>();
    case OperatorKind::kSplitScan:
      return duckdb::make_uniq<LogicalSplitScan>();
    case OperatorKind::kRestore:
      return duckdb::make_uniq<LogicalRestore>();
    case OperatorKind::kTaskCopy:
      return duckdb::make_uniq<LogicalTaskCopy>();
    default:
      throw duckdb::SerializationException("a fragment holds an operator of an unknown kind");
  }
}

}  // namespace

void SkeinOperator::Serialize(duckdb::Serializer& serializer) const {
  LogicalExtensionOperator::Serialize(serializer);
  serializer.WriteProperty(300, "kind", static_cast<uint8_t>(kind_));
  serializer.WriteProperty(301, "bindings", bindings);
  serializer.WriteProperty(302, "output_types", output_types);
  serializer.WriteProperty(303, "expressions", expressions);
  serializer.WriteProperty(304, "run_types", run_types);
  SerializeOwn(serializer);
}

duckdb::unique_ptr<SkeinOperator> SkeinOperator::Deserialize(duckdb::Deserializer& deserializer) {
  auto result = MakeOperator(static_cast<OperatorKind>(deserializer.ReadProperty<uint8_t>(300, "kind")));
  deserializer.ReadProperty(301, "bindings", result->bindings);
  deserializer.ReadProperty(302, "output_types", result->output_types);
  deserializer.ReadProperty(303, "expressions", result->expressions);
  deserializer.ReadProperty(304, "run_types", result->run_types);
  result->DeserializeOwn(deserializer);
  return result;
}

SkeinOperator* AsSkein(duckdb::LogicalOperator& op) {
  if (op.type != duckdb::LogicalOperatorType::LOGICAL_EXTENSION_OPERATOR) return nullptr;
  return dynamic_cast<SkeinOperator*>(&op);
}

LogicalExchange::LogicalExchange(ExchangeKind kind, duckdb::unique_ptr<duckdb::LogicalOperator> child)
    : SkeinOperator(OperatorKind::kExchange), exchange_kind(kind) {
  child->ResolveOperatorTypes();
  bindings = child->GetColumnBindings();
  output_types = child->types;
  run_types = TypesAsRun(*child);
  SetEstimatedCardinality(child->estimated_cardinality);
  children.push_back(std::move(child));
}

duckdb::PhysicalOperator& LogicalExchange::CreatePlan(duckdb::ClientContext&, duckdb::PhysicalPlanGenerator& planner) {
  return planner.CreatePlan(*children[0]);
}

duckdb::PhysicalOperator& LogicalExchangeSource::CreatePlan(duckdb::ClientContext&,
                                                            duckdb::PhysicalPlanGenerator& planner) {
  if (!merge_keys.empty()) {
    return planner.Make<PhysicalExchangeMerge>(RunTypes(), estimated_cardinality, exchange, std::move(merge_keys));
  }
  return planner.Make<PhysicalExchangeSource>(RunTypes(), estimated_cardinality, exchange, is_ordered);
}

void LogicalExchangeSource::SerializeOwn(duckdb::Serializer& serializer) const {
  serializer.WriteProperty(400, "exchange", exchange);
  serializer.WriteProperty(401, "is_ordered", is_ordered);
  serializer.WriteList(402, "merge_keys", merge_keys.size(), [&](duckdb::Serializer::List& list, duckdb::idx_t i) {
    list.WriteObject([&](duckdb::Serializer& object) {
      object.WriteProperty(100, "column", merge_keys[i].column);
      object.WriteProperty(101, "order_type", merge_keys[i].modifiers.order_type);
      object.WriteProperty(102, "null_type", merge_keys[i].modifiers.null_type);
    });
  });
}

void LogicalExchangeSource::DeserializeOwn(duckdb::Deserializer& deserializer) {
  deserializer.ReadProperty(400, "exchange", exchange);
  deserializer.ReadProperty(401, "is_ordered", is_ordered);
  deserializer.ReadList(402, "merge_keys", [&](duckdb::Deserializer::List& list, duckdb::idx_t) {
    list.ReadObject([&](duckdb::Deserializer& object) {
      MergeKey key;
      object.ReadProperty(100, "column", key.column);
      object.ReadProperty(101, "order_type", key.modifiers.order_type);
      object.ReadProperty(102, "null_type", key.modifiers.null_type);
      merge_keys.push_back(key);
    });
  });
}

duckdb::PhysicalOperator& LogicalExchangeSink::CreatePlan(duckdb::ClientContext&,
                                                          duckdb::PhysicalPlanGenerator& planner) {
  auto& child = planner.CreatePlan(*children[0]);
  auto& sink = planner.Make<PhysicalExchangeSink>(types, estimated_cardinality, std::move(expressions), is_ordered,
                                                  is_key_index ? KeyMeaning::kIndex : KeyMeaning::kHashed);
  sink.children.push_back(child);
  return sink;
}

void LogicalExchangeSink::SerializeOwn(duckdb::Serializer& serializer) const {
  serializer.WriteProperty(400, "is_ordered", is_ordered);
  serializer.WriteProperty(401, "is_key_index", is_key_index);
}

void LogicalExchangeSink::DeserializeOwn(duckdb::Deserializer& deserializer) {
  deserializer.ReadProperty(400, "is_ordered", is_ordered);
  deserializer.ReadProperty(401, "is_key_index", is_key_index);
}

duckdb::PhysicalOperator& LogicalSplitScan::CreatePlan(duckdb::ClientContext&, duckdb::PhysicalPlanGenerator& planner) {
  const duckdb::PhysicalTableScan* stand_in = nullptr;
  if (dynamic_filters) {
    auto& scan = planner.Make<duckdb::PhysicalTableScan>(
        types, duckdb::TableFunction(), nullptr, types, spec.column_ids, spec.projection_ids, spec.names, nullptr,
        estimated_cardinality, duckdb::ExtraOperatorInfo(), duckdb::vector<duckdb::Value>(), spec.virtual_columns);
    stand_in = &scan.Cast<duckdb::PhysicalTableScan>();
  }
  return planner.Make<PhysicalSplitScan>(types, estimated_cardinality, std::move(spec), std::move(dynamic_filters),
                                         stand_in);
}

void LogicalSplitScan::SerializeOwn(duckdb::Serializer& serializer) const { spec.Serialize(serializer); }
void LogicalSplitScan::DeserializeOwn(duckdb::Deserializer& deserializer) { spec.Deserialize(deserializer); }

duckdb::PhysicalOperator& LogicalRestore::CreatePlan(duckdb::ClientContext&, duckdb::PhysicalPlanGenerator& planner) {
  auto& child = planner.CreatePlan(*children[0]);
  auto& projection = planner.Make<duckdb::PhysicalProjection>(types, std::move(expressions), estimated_cardinality);
  projection.children.push_back(child);
  return projection;
}

void RegisterOperators(duckdb::DatabaseInstance& database) {
  duckdb::OperatorExtension::Register(database.config, duckdb::make_shared_ptr<SkeinOperatorExtension>());
}

}  // namespace skein::core
