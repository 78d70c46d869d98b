#include "engine/side_car.h"

#include "duckdb/common/serializer/deserializer.hpp"
#include "duckdb/common/serializer/serializer.hpp"
#include "duckdb/parser/keyword_helper.hpp"
#include "duckdb/planner/operator/logical_aggregate.hpp"
#include "duckdb/storage/statistics/base_statistics.hpp"

namespace skein {
namespace {

using duckdb::idx_t;

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
                                     "binary_as_string"};

void VisitPreorder(duckdb::LogicalOperator& plan, const std::function<void(duckdb::LogicalOperator&)>& visit) {
  visit(plan);
  for (auto& child : plan.children) VisitPreorder(*child, visit);
}

duckdb::LogicalAggregate* AsAggregate(duckdb::LogicalOperator& op) {
  if (op.type != duckdb::LogicalOperatorType::LOGICAL_AGGREGATE_AND_GROUP_BY) return nullptr;
  return &op.Cast<duckdb::LogicalAggregate>();
}

}  // namespace

SideCar SideCar::Collect(duckdb::ClientContext& context, duckdb::LogicalOperator& plan) {
  SideCar side_car;
  VisitPreorder(plan, [&](duckdb::LogicalOperator& op) {
    OperatorFacts facts;
    facts.has_cardinality = op.has_estimated_cardinality;
    facts.cardinality = op.estimated_cardinality;
    if (auto* aggregate = AsAggregate(op)) {
      for (auto& stats : aggregate->group_stats) facts.group_stats.push_back(stats ? stats->ToUnique() : nullptr);
    }
    side_car.operators_.push_back(std::move(facts));
  });
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
      object.WriteList(102, "group_stats", facts.group_stats.size(), [&](duckdb::Serializer::List& stats, idx_t k) {
        const auto& group = facts.group_stats[k];
        stats.WriteObject([&](duckdb::Serializer& entry) {
          entry.WriteProperty(100, "type",
                              group ? group->GetType() : duckdb::LogicalType(duckdb::LogicalTypeId::INVALID));
          if (group) entry.WriteProperty(101, "stats", *group);
        });
      });
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
      object.ReadList(102, "group_stats", [&](duckdb::Deserializer::List& stats, idx_t) {
        stats.ReadObject([&](duckdb::Deserializer& entry) {
          const auto type = entry.ReadProperty<duckdb::LogicalType>(100, "type");
          facts.group_stats.push_back(nullptr);
          if (type.id() == duckdb::LogicalTypeId::INVALID) return;
          entry.Set<const duckdb::LogicalType&>(type);
          facts.group_stats.back() = entry.ReadProperty<duckdb::BaseStatistics>(101, "stats").ToUnique();
          entry.Unset<duckdb::LogicalType>();
        });
      });
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
  size_t at = 0;
  VisitPreorder(plan, [&](duckdb::LogicalOperator& op) {
    if (at == operators_.size()) throw duckdb::SerializationException("a fragment has operators without facts");
    const auto& facts = operators_[at++];
    op.has_estimated_cardinality = facts.has_cardinality;
    op.estimated_cardinality = facts.cardinality;
    auto* aggregate = AsAggregate(op);
    if (aggregate == nullptr) return;
    aggregate->group_stats.clear();
    for (const auto& stats : facts.group_stats) aggregate->group_stats.push_back(stats ? stats->ToUnique() : nullptr);
  });
  if (at != operators_.size()) throw duckdb::SerializationException("a fragment has facts without operators");
}

}  // namespace skein
