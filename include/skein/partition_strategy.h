// How rows are put into partitions: plain values, to be handed to a Partitioner or noted at a stage of a plan.
//
//   skein::PartitionStrategy by_customer = skein::HashPartitioning{{"customer_id"}, 4};
//   skein::PartitionStrategy by_price =
//       skein::RangePartitioning{"price", {skein::RangeBoundary::Int64(1000), skein::RangeBoundary::Int64(2000)}};
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <arrow/scalar.h>
#include <arrow/type.h>
#include <arrow/util/decimal.h>

#include "skein/export.h"

namespace skein {

/// The most partitions that a strategy may ask for.
constexpr uint32_t kMaxPartitions = 65536;

/// Rows go by the engine's 32-bit hash of the key columns: partition i gets the i-th of num_partitions equal ranges of
/// it, as in a distributed query. Equal keys share a partition, NULLs too.
struct HashPartitioning {
  std::vector<std::string> key_columns;
  uint32_t num_partitions = 1;
};

/// Where one range of values ends and the next begins: a value of any Arrow type that is not NULL.
class SKEIN_EXPORT RangeBoundary {
 public:
  explicit RangeBoundary(std::shared_ptr<arrow::Scalar> value) : value_(std::move(value)) {}

  static RangeBoundary Boolean(bool value);
  static RangeBoundary Int32(int32_t value);
  static RangeBoundary Int64(int64_t value);
  static RangeBoundary UInt64(uint64_t value);
  static RangeBoundary Double(double value);
  static RangeBoundary String(std::string value);
  static RangeBoundary Binary(std::string value);
  /// Days since 1970-01-01.
  static RangeBoundary Date32(int32_t days);
  /// `value` in `unit` since 1970-01-01 00:00; with a time zone: in UTC.
  static RangeBoundary Timestamp(int64_t value, arrow::TimeUnit::type unit, std::string time_zone = "");
  /// value / 10^scale. REQUIRES: 1 <= precision <= 38.
  static RangeBoundary Decimal(arrow::Decimal128 value, int32_t precision, int32_t scale);

  const std::shared_ptr<arrow::Scalar>& value() const { return value_; }
  /// "1000 (int64)"
  std::string ToString() const;

 private:
  std::shared_ptr<arrow::Scalar> value_;
};

/// n boundaries make n + 1 partitions, as DuckDB orders the values: below the first, from each boundary up to the next,
/// and from the last one on, where the NULLs go, too. Boundaries ascend; each fits the column's type without loss.
struct RangePartitioning {
  std::string key_column;
  std::vector<RangeBoundary> boundaries;
};

/// Whole batches go to the partitions in turn, the first one to partition 0.
struct RoundRobinPartitioning {
  uint32_t num_partitions = 1;
};

using PartitionStrategy = std::variant<HashPartitioning, RangePartitioning, RoundRobinPartitioning>;

/// Counts the partitions that a strategy makes, 0 where it asks for none.
SKEIN_EXPORT uint64_t CountPartitions(const PartitionStrategy& strategy);
/// "hash(a, b) into 4", "range(d) at 1000 (int64), 2000 (int64)", "round robin into 3"
SKEIN_EXPORT std::string ToString(const PartitionStrategy& strategy);

}  // namespace skein
