#include "skein/partition_strategy.h"

namespace skein {
namespace {

std::string Join(const std::vector<std::string>& words) {
  std::string text;
  for (const auto& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

struct Counter {
  uint64_t operator()(const HashPartitioning& hash) const { return hash.num_partitions; }
  uint64_t operator()(const RangePartitioning& range) const { return range.boundaries.size() + 1; }
  uint64_t operator()(const RoundRobinPartitioning& turns) const { return turns.num_partitions; }
};

struct Printer {
  std::string operator()(const HashPartitioning& hash) const {
    return "hash(" + Join(hash.key_columns) + ") into " + std::to_string(hash.num_partitions);
  }
  std::string operator()(const RangePartitioning& range) const {
    std::vector<std::string> boundaries;
    for (const auto& boundary : range.boundaries) boundaries.push_back(boundary.ToString());
    return "range(" + range.key_column + ") at " + Join(boundaries);
  }
  std::string operator()(const RoundRobinPartitioning& turns) const {
    return "round robin into " + std::to_string(turns.num_partitions);
  }
};

}  // namespace

RangeBoundary RangeBoundary::Boolean(bool value) {
  return RangeBoundary(std::make_shared<arrow::BooleanScalar>(value));
}

RangeBoundary RangeBoundary::Int32(int32_t value) { return RangeBoundary(std::make_shared<arrow::Int32Scalar>(value)); }

RangeBoundary RangeBoundary::Int64(int64_t value) { return RangeBoundary(std::make_shared<arrow::Int64Scalar>(value)); }

RangeBoundary RangeBoundary::UInt64(uint64_t value) {
  return RangeBoundary(std::make_shared<arrow::UInt64Scalar>(value));
}

RangeBoundary RangeBoundary::Double(double value) {
  return RangeBoundary(std::make_shared<arrow::DoubleScalar>(value));
}

RangeBoundary RangeBoundary::String(std::string value) {
  return RangeBoundary(std::make_shared<arrow::StringScalar>(std::move(value)));
}

RangeBoundary RangeBoundary::Binary(std::string value) {
  return RangeBoundary(std::make_shared<arrow::BinaryScalar>(std::move(value)));
}

RangeBoundary RangeBoundary::Date32(int32_t days) { return RangeBoundary(std::make_shared<arrow::Date32Scalar>(days)); }

RangeBoundary RangeBoundary::Timestamp(int64_t value, arrow::TimeUnit::type unit, std::string time_zone) {
  return RangeBoundary(std::make_shared<arrow::TimestampScalar>(value, arrow::timestamp(unit, std::move(time_zone))));
}

RangeBoundary RangeBoundary::Decimal(arrow::Decimal128 value, int32_t precision, int32_t scale) {
  return RangeBoundary(std::make_shared<arrow::Decimal128Scalar>(value, arrow::decimal128(precision, scale)));
}

std::string RangeBoundary::ToString() const {
  if (!value_) return "nothing";
  return value_->ToString() + " (" + value_->type->ToString() + ")";
}

uint64_t CountPartitions(const PartitionStrategy& strategy) { return std::visit(Counter(), strategy); }

std::string ToString(const PartitionStrategy& strategy) { return std::visit(Printer(), strategy); }

}  // namespace skein
