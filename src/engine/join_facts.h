// What a join knows from planning and DuckDB does not serialize: the specification of the filters that its build side
// gives to scans of the probe side, and the statistics of its keys (perfect hash joins). A filter is made where the
// join runs, from the rows that it has there, so it only drops rows that the same join would drop: true however the
// join is distributed. Filters for scans of other fragments are left out. Values; one thread.
#pragma once

#include <map>
#include <vector>

#include "duckdb.hpp"
#include "duckdb/planner/logical_operator.hpp"
#include "engine/statistics_codec.h"

namespace skein::core {

class JoinFacts {
 public:
  /// The operators of a fragment by their preorder position.
  using Positions = std::vector<duckdb::LogicalOperator*>;

  /// Reads what `op`, of the fragment `operators`, knows; nothing where it is not a comparison join.
  static JoinFacts Collect(duckdb::LogicalOperator& op, const Positions& operators);
  /// Gives it back to an operator of a fragment of the same shape. Throws SerializationException on another shape.
  void Apply(duckdb::LogicalOperator& op, const Positions& operators) const;

  void Serialize(duckdb::Serializer& serializer) const;
  static JoinFacts Deserialize(duckdb::Deserializer& deserializer);

 private:
  // A scan that filters go to, and the column for each of `conditions_`.
  struct Probe {
    duckdb::idx_t scan = 0;  // preorder position
    duckdb::vector<duckdb::idx_t> columns;
    duckdb::vector<duckdb::LogicalType> storage_types;
  };

  bool has_filters_ = false;
  bool build_side_has_filter_ = false;
  duckdb::vector<duckdb::idx_t> conditions_;
  std::vector<Probe> probes_;
  duckdb::vector<duckdb::unique_ptr<duckdb::Expression>> min_max_;
  StatisticsList key_stats_;
};

}  // namespace skein::core
