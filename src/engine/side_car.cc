#include "engine/side_car.h"

#include "duckdb/common/serializer/deserializer.hpp"
#include "duckdb/common/serializer/serializer.hpp"
#include "duckdb/parser/keyword_helper.hpp"
#include "duckdb/planner/logical_operator_visitor.hpp"
#include "duckdb/planner/operator/logical_aggregate.hpp"

namespace skein::core {
namespace {

using duckdb::idx_t;
using duckdb::LogicalType;

// Settings of the session under which an expression gives another result.
constexpr const char* kSettings[] = {"TimeZone",
                                     "Calendar",
                                     "ieee_floating_point_ops",
                                     "integer_division",
                                     "default_collation",
                                     "default_null_order",
                                     "default_order",
                                     "order_by_non_integer_literal",
                                     "scalar_subquery_error_on_multiple_rows",
                                     "old_implicit_casting",
                                     "binary_as_string",
                                     "enable_geoparquet_conversion"};

void AppendPreorder(duckdb::LogicalOperator& plan, JoinFacts::Positions& operators) {
  operators.push_back(&plan);
  for (auto& child : plan.children) AppendPreorder(*child, operators);
}

JoinFacts::Positions InPreorder(duckdb::LogicalOperator& plan) {
  JoinFacts::Positions operators;
  AppendPreorder(plan, operators);
  return operators;
}

duckdb::vector<std::string> CollationsOf(duckdb::LogicalOperator& op) {
  duckdb::vector<std::string> collations;
  bool has_any = false;
  duckdb::LogicalOperatorVisitor::EnumerateExpressions(op, [&](duckdb::unique_ptr<duckdb::Expression>* expression) {
    const auto& type = (*expression)->return_type;
    const bool is_text = type.id() == duckdb::LogicalTypeId::VARCHAR;
    collations.push_back(is_text ? duckdb::StringType::GetCollation(type) : "");
    has_any |= !collations.back().empty();
  });
  return has_any ? collations : duckdb::vector<std::string>();
}

void ApplyCollations(duckdb::LogicalOperator& op, const duckdb::vector<std::string>& collations) {
  if (collations.empty()) return;
  idx_t i = 0;
  duckdb::LogicalOperatorVisitor::EnumerateExpressions(op, [&](duckdb::unique_ptr<duckdb::Expression>* expression) {
    if (i >= collations.size())
      throw duckdb::SerializationException("an operator has more expressions than collations");
    const auto& collation = collations[i++];
    if (!collation.empty()) (*expression)->return_type = LogicalType::VARCHAR_COLLATION(collation);
  });
}

duckdb::LogicalAggregate* AsAggregate(duckdb::LogicalOperator& op) {
  if (op.type != duckdb::LogicalOperatorType::LOGICAL_AGGREGATE_AND_GROUP_BY) return nullptr;
  return &op.Cast<duckdb::LogicalAggregate>();
}

}  // namespace

SideCar SideCar::Collect(duckdb::ClientContext& context, duckdb::LogicalOperator& plan) {
  SideCar side_car;
  const auto operators = InPreorder(plan);
  for (auto* op : operators) {
    OperatorFacts facts;
    facts.has_cardinality = op->has_estimated_cardinality;
    facts.cardinality = op->estimated_cardinality;
    if (auto* aggregate = AsAggregate(*op)) facts.group_stats = CopyStatistics(aggregate->group_stats);
    facts.join = JoinFacts::Collect(*op, operators);
    facts.collations = CollationsOf(*op);
    side_car.operators_.push_back(std::move(facts));
  }
  for (const auto* name : kSettings) {
    duckdb::Value value;
    if (context.TryGetCurrentSetting(name, value) && !value.IsNull()) side_car.settings_[name] = value.ToString();
  }
  return side_car;
}

void SideCar::Serialize(duckdb::Serializer& serializer) const {
  serializer.WriteList(100, "operators", operators_.size(), [&](duckdb::Serializer::List& list, idx_t i) {
    const auto& facts = operators_[i];
    list.WriteObject([&](duckdb::Serializer& object) {
      object.WriteProperty(100, "has_cardinality", facts.has_cardinality);
      object.WriteProperty(101, "cardinality", facts.cardinality);
      WriteStatistics(object, 102, "group_stats", facts.group_stats);
      object.WriteObject(103, "join", [&](duckdb::Serializer& join) { facts.join.Serialize(join); });
      object.WriteProperty(104, "collations", facts.collations);
    });
  });
  serializer.WriteProperty(101, "settings", duckdb::map<std::string, std::string>(settings_.begin(), settings_.end()));
}

SideCar SideCar::Deserialize(duckdb::Deserializer& deserializer) {
  SideCar side_car;
  deserializer.ReadList(100, "operators", [&](duckdb::Deserializer::List& list, idx_t) {
    list.ReadObject([&](duckdb::Deserializer& object) {
      OperatorFacts facts;
      object.ReadProperty(100, "has_cardinality", facts.has_cardinality);
      object.ReadProperty(101, "cardinality", facts.cardinality);
      facts.group_stats = ReadStatistics(object, 102, "group_stats");
      object.ReadObject(103, "join", [&](duckdb::Deserializer& join) { facts.join = JoinFacts::Deserialize(join); });
      object.ReadProperty(104, "collations", facts.collations);
      side_car.operators_.push_back(std::move(facts));
    });
  });
  const auto settings = deserializer.ReadProperty<duckdb::map<std::string, std::string>>(101, "settings");
  side_car.settings_.insert(settings.begin(), settings.end());
  return side_car;
}

void SideCar::ApplySettings(duckdb::Connection& connection) const {
  for (const auto& [name, text] : settings_) {
    duckdb::Value current;
    if (connection.context->TryGetCurrentSetting(name, current) && !current.IsNull() && current.ToString() == text) {
      continue;
    }
    auto result = connection.Query("SET " + name + " = " + duckdb::KeywordHelper::WriteQuoted(text, '\''));
    if (result->HasError()) result->ThrowError();
  }
}

void SideCar::ApplyStatistics(duckdb::LogicalOperator& plan) const {
  const auto operators = InPreorder(plan);
  if (operators.size() != operators_.size()) {
    throw duckdb::SerializationException("a fragment has %llu operators and facts of %llu", operators.size(),
                                         operators_.size());
  }
  for (size_t i = 0; i < operators.size(); i++) {
    const auto& facts = operators_[i];
    operators[i]->has_estimated_cardinality = facts.has_cardinality;
    operators[i]->estimated_cardinality = facts.cardinality;
    if (auto* aggregate = AsAggregate(*operators[i])) aggregate->group_stats = CopyStatistics(facts.group_stats);
    facts.join.Apply(*operators[i], operators);
    ApplyCollations(*operators[i], facts.collations);
  }
}

}  // namespace skein::core
