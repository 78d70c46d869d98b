// What DuckDB's plan serialization loses and a fragment needs to run as well as it was planned: cardinalities, group
// statistics, what joins know (join algorithms, perfect hash tables, dynamic filters), the collations of what functions
// return, and the session's settings that change results.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "duckdb.hpp"
#include "duckdb/planner/logical_operator.hpp"
#include "engine/join_facts.h"

namespace skein::core {

class SideCar {
 public:
  /// Reads what `plan` (in preorder) and the session know.
  static SideCar Collect(duckdb::ClientContext& context, duckdb::LogicalOperator& plan);
  void Serialize(duckdb::Serializer& serializer) const;
  static SideCar Deserialize(duckdb::Deserializer& deserializer);

  /// Sets the session's settings, before the fragment's functions are bound again.
  void ApplySettings(duckdb::Connection& connection) const;
  /// Gives the statistics back to a plan of the same shape. Throws SerializationException on another shape.
  void ApplyStatistics(duckdb::LogicalOperator& plan) const;

 private:
  struct OperatorFacts {
    bool has_cardinality = false;
    duckdb::idx_t cardinality = 0;
    StatisticsList group_stats;
    JoinFacts join;
    /// Of the results of its expressions; empty where none has one.
    duckdb::vector<std::string> collations;
  };
  std::vector<OperatorFacts> operators_;
  std::map<std::string, std::string> settings_;
};

}  // namespace skein::core
