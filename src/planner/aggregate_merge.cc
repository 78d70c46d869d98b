#include "planner/aggregate_merge.h"

#include <map>
#include <set>
#include <string>

#include "engine/histogram_merge.h"
#include "engine/quantile_digest.h"
#include "engine/state_aggregates.h"

namespace skein::core {
namespace {

using duckdb::LogicalType;
using duckdb::PhysicalType;

bool IsSummable(const LogicalType& type) {
  switch (type.InternalType()) {
    case PhysicalType::INT8:
    case PhysicalType::INT16:
    case PhysicalType::INT32:
    case PhysicalType::INT64:
    case PhysicalType::INT128:
    case PhysicalType::UINT8:
    case PhysicalType::UINT16:
    case PhysicalType::UINT32:
    case PhysicalType::FLOAT:
    case PhysicalType::DOUBLE:
      return type.IsNumeric();
    case PhysicalType::BOOL:
      return true;
    default:
      return type.id() == duckdb::LogicalTypeId::BIGNUM;
  }
}

// Averages of dates and times round on their own; sums of unsigned 64- and 128-bit integers change their type.
bool IsAveraged(const LogicalType& type) {
  switch (type.id()) {
    case duckdb::LogicalTypeId::SMALLINT:
    case duckdb::LogicalTypeId::INTEGER:
    case duckdb::LogicalTypeId::BIGINT:
    case duckdb::LogicalTypeId::HUGEINT:
    case duckdb::LogicalTypeId::DECIMAL:
    case duckdb::LogicalTypeId::DOUBLE:
      return true;
    default:
      return false;
  }
}

// Histograms are merged by sort keys, which make 0.0 of -0.0, as DuckDB's own are but for plain floating numbers.
bool KeepsAllBits(const LogicalType& type) {
  return type.id() != duckdb::LogicalTypeId::FLOAT && type.id() != duckdb::LogicalTypeId::DOUBLE;
}

// Any non-NULL row is right for any_value, so any of theirs is.
bool MergesWithItself(const std::string& name) {
  static const std::set<std::string> kNames = {"min",    "max",     "bool_and", "bool_or",   "bit_and",
                                               "bit_or", "bit_xor", "product",  "any_value", kMergeHistograms};
  return kNames.count(name) > 0;
}

bool IsArgumentAtExtreme(const duckdb::BoundAggregateExpression& aggregate) {
  const bool is_plain = aggregate.children.size() == 2 && !aggregate.IsVolatile();
  return is_plain && !ExtremeOf(aggregate.function.name).empty();
}

Merge MergeOfAll(const duckdb::BoundAggregateExpression& aggregate) {
  const auto& name = aggregate.function.name;
  if (name == "count_star" || name == "count" || name == "count_if" || name == "countif") return Merge::kSum;
  if (HasPlainState(name)) return Merge::kState;
  if (IsQuantileOfDigest(aggregate)) return Merge::kDigest;
  if (!NameOfFinalState(name).empty()) return Merge::kCombined;
  if (IsArgumentAtExtreme(aggregate)) return Merge::kArgument;
  if (aggregate.children.size() != 1) return Merge::kNone;
  // Those of two partials would draw a random() of their own.
  const bool is_drawn_twice = aggregate.IsVolatile();
  const auto& type = aggregate.children[0]->return_type;
  if (name == "sum" || name == "sum_no_overflow") return IsSummable(type) ? Merge::kSum : Merge::kNone;
  if (name == "avg" || name == "mean") return IsAveraged(type) && !is_drawn_twice ? Merge::kAverage : Merge::kNone;
  if (name == "histogram") return KeepsAllBits(type) ? Merge::kHistogram : Merge::kNone;
  if (name == "first" || name == "last" || name == "arbitrary") return is_drawn_twice ? Merge::kNone : Merge::kFirst;
  return MergesWithItself(name) ? Merge::kSame : Merge::kNone;
}

}  // namespace

std::string ExtremeOf(const std::string& name) {
  static const std::map<std::string, std::string> kNames = {
      {"arg_min", "min"}, {"argmin", "min"}, {"min_by", "min"}, {"arg_min_null", "min"},
      {"arg_max", "max"}, {"argmax", "max"}, {"max_by", "max"}, {"arg_max_null", "max"}};
  const auto found = kNames.find(name);
  return found == kNames.end() ? "" : found->second;
}

Merge MergeOf(const duckdb::BoundAggregateExpression& aggregate, DistinctCut cut) {
  if (aggregate.order_bys) return Merge::kNone;
  if (!aggregate.IsDistinct() || cut == DistinctCut::kApart) return MergeOfAll(aggregate);
  const bool has_one_argument = aggregate.children.size() == 1 && !aggregate.filter;
  return cut == DistinctCut::kByValue && has_one_argument ? Merge::kWhole : Merge::kNone;
}

}  // namespace skein::core
