#include "skein/partitioner.h"

#include <cmath>

#include <arrow/array/concatenate.h>
#include <arrow/builder.h>
#include <arrow/util/logging.h>
#include <gtest/gtest.h>

#include "random_batches.h"

namespace skein {
namespace {

template <typename Builder, typename Value>
std::shared_ptr<arrow::Array> Column(const std::vector<Value>& values, Builder builder = Builder()) {
  for (const auto& value : values) ARROW_CHECK_OK(builder.Append(value));
  return builder.Finish().ValueOrDie();
}

std::shared_ptr<arrow::RecordBatch> Batch(const std::shared_ptr<arrow::Array>& column, const std::string& name = "k") {
  return arrow::RecordBatch::Make(arrow::schema({arrow::field(name, column->type())}), column->length(), {column});
}

std::shared_ptr<arrow::RecordBatch> Numbers(const std::vector<int64_t>& values, const std::string& name = "k") {
  return Batch(Column<arrow::Int64Builder>(values), name);
}

/// Expects an error whose text has `part`.
void ExpectError(const Partitioner& partitioner, const arrow::RecordBatchVector& batches, const std::string& part) {
  const auto status = partitioner.Partition(batches).status();
  EXPECT_TRUE(status.IsInvalid()) << status;
  EXPECT_NE(status.message().find(part), std::string::npos) << status;
}

/// The partition of the only row.
size_t PartitionOf(const Partitioner& partitioner, const std::shared_ptr<arrow::RecordBatch>& batch) {
  const auto partitions = partitioner.Partition({batch}).ValueOrDie();
  for (size_t p = 0; p < partitions.size(); p++) {
    if (!partitions[p].empty()) return p;
  }
  return partitions.size();
}

TEST(Partitioner, SpreadsDifferentKeysOverAllPartitions) {
  std::vector<int64_t> values(1000);
  for (size_t i = 0; i < values.size(); i++) values[i] = static_cast<int64_t>(i);
  const auto partitions = Partitioner::Hash({"k"}, 8).Partition({Numbers(values)});
  ASSERT_TRUE(partitions.ok()) << partitions.status();
  for (const auto& partition : *partitions) EXPECT_GT(partition.at(0)->num_rows(), 60);
}

TEST(Partitioner, HashesAValueTheSameInEveryEncoding) {
  const std::vector<std::string> texts{"a text that is too long to be kept inside of a view", "short"};
  const auto partitioner = Partitioner::Hash({"k"}, 60000);
  for (const auto& text : texts) {
    const std::vector<std::string> one{text};
    const auto expected = PartitionOf(partitioner, Batch(Column<arrow::StringBuilder>(one)));
    EXPECT_EQ(PartitionOf(partitioner, Batch(Column<arrow::LargeStringBuilder>(one))), expected);
    EXPECT_EQ(PartitionOf(partitioner, Batch(Column<arrow::StringViewBuilder>(one))), expected);
    EXPECT_EQ(PartitionOf(partitioner, Batch(Column<arrow::StringDictionaryBuilder>(one))), expected);
    const auto runs = arrow::MakeBuilder(arrow::run_end_encoded(arrow::int32(), arrow::utf8())).ValueOrDie();
    ASSERT_TRUE(runs->AppendScalar(*arrow::MakeScalar(text)).ok());
    EXPECT_EQ(PartitionOf(partitioner, Batch(*runs->Finish())), expected);
  }
}

TEST(Partitioner, PutsAllZerosAndAllNaNsTogether) {
  const auto partitioner = Partitioner::Hash({"k"}, 60000);
  const auto of = [&](double value) {
    return PartitionOf(partitioner, Batch(Column<arrow::DoubleBuilder>(std::vector<double>{value})));
  };
  EXPECT_EQ(of(0.0), of(-0.0));
  EXPECT_EQ(of(std::nan("1")), of(-std::nan("2")));
}

TEST(Partitioner, CutsRangesBelowTheirBoundaries) {
  const auto by_range = Partitioner::Range("k", {RangeBoundary::Int64(1000), RangeBoundary::Int64(2000)});
  EXPECT_EQ(PartitionOf(by_range, Numbers({999})), 0U);
  EXPECT_EQ(PartitionOf(by_range, Numbers({1000})), 1U);
  EXPECT_EQ(PartitionOf(by_range, Numbers({1999})), 1U);
  EXPECT_EQ(PartitionOf(by_range, Numbers({2000})), 2U);
  EXPECT_EQ(PartitionOf(by_range, Numbers({INT64_MIN})), 0U);
}

TEST(Partitioner, PutsNullsIntoTheLastRange) {
  const auto nulls = arrow::MakeArrayOfNull(arrow::int64(), 1).ValueOrDie();
  EXPECT_EQ(PartitionOf(Partitioner::Range("k", {RangeBoundary::Int64(0)}), Batch(nulls)), 1U);
}

TEST(Partitioner, TakesBoundariesOfOtherTypesThatFit) {
  const auto days = Batch(Column<arrow::Date32Builder>(std::vector<int32_t>{10}));
  EXPECT_EQ(PartitionOf(Partitioner::Range("k", {RangeBoundary::Date32(10)}), days), 1U);
  const auto small = Batch(Column<arrow::Int16Builder>(std::vector<int16_t>{5}));
  EXPECT_EQ(PartitionOf(Partitioner::Range("k", {RangeBoundary::Int64(6)}), small), 0U);
  const auto text = Batch(Column<arrow::StringDictionaryBuilder>(std::vector<std::string>{"m"}));
  EXPECT_EQ(PartitionOf(Partitioner::Range("k", {RangeBoundary::String("a"), RangeBoundary::String("z")}), text), 1U);
  const auto price = Batch(Column(std::vector<arrow::Decimal128>{arrow::Decimal128(1250)},
                                  arrow::Decimal128Builder(arrow::decimal128(10, 2))));
  EXPECT_EQ(PartitionOf(Partitioner::Range("k", {RangeBoundary::Decimal(arrow::Decimal128(125), 4, 1)}), price), 1U);
}

TEST(Partitioner, RefusesBoundariesThatDoNotFitByName) {
  const auto small = Batch(Column<arrow::Int16Builder>(std::vector<int16_t>{5}));
  ExpectError(Partitioner::Range("k", {RangeBoundary::Int64(0), RangeBoundary::Int64(70000)}), {small},
              "boundary 1, 70000 (int64), does not fit column 'k' of type int16");
  const auto single = Batch(Column<arrow::FloatBuilder>(std::vector<float>{5}));
  ExpectError(Partitioner::Range("k", {RangeBoundary::Double(0.1)}), {single}, "of type float without loss");
  ExpectError(Partitioner::Range("k", {RangeBoundary(arrow::MakeNullScalar(arrow::int64()))}), {small}, "no value");
}

TEST(Partitioner, RefusesBoundariesThatDoNotAscend) {
  ExpectError(Partitioner::Range("k", {RangeBoundary::Int64(2), RangeBoundary::Int64(2)}), {Numbers({1})},
              "boundary 1, 2 (int64), is not after boundary 0, 2 (int64)");
}

TEST(Partitioner, DealsBatchesInTurn) {
  const auto partitions =
      *Partitioner::RoundRobin(2).Partition({Numbers({1}), Numbers({}), Numbers({2, 3}), Numbers({4})});
  ASSERT_EQ(partitions[0].size(), 2U);
  EXPECT_TRUE(partitions[0][1]->Equals(*Numbers({4})));
  ASSERT_EQ(partitions[1].size(), 1U);
}

TEST(Partitioner, RefusesUnknownColumn) { ExpectError(Partitioner::Hash({"x"}, 2), {Numbers({1})}, "no column 'x'"); }

TEST(Partitioner, RefusesColumnThatIsThereTwice) {
  const auto batch =
      arrow::RecordBatch::Make(arrow::schema({arrow::field("k", arrow::int64()), arrow::field("k", arrow::int64())}), 1,
                               {Numbers({1})->column(0), Numbers({1})->column(0)});
  ExpectError(Partitioner::Hash({"k"}, 2), {batch}, "several columns are named 'k'");
}

TEST(Partitioner, RefusesNoPartitionAndTooMany) {
  ExpectError(Partitioner::Hash({"k"}, 0), {Numbers({1})}, "cannot make 0 partitions");
  ExpectError(Partitioner::RoundRobin(0), {Numbers({1})}, "cannot make 0 partitions");
  ExpectError(Partitioner::Hash({"k"}, kMaxPartitions + 1), {Numbers({1})}, "cannot make 65537 partitions");
}

TEST(Partitioner, RefusesNoKeyColumn) { ExpectError(Partitioner::Hash({}, 2), {Numbers({1})}, "no key column"); }

TEST(Partitioner, RefusesBatchesOfDifferentSchemas) {
  ExpectError(Partitioner::RoundRobin(2), {Numbers({1}), Numbers({1}, "m")}, "batch 1 has another schema");
}

TEST(Partitioner, NamesABatchThatIsNotThere) {
  for (const auto& partitioner : {Partitioner::Hash({"k"}, 2), Partitioner::RoundRobin(2)}) {
    ExpectError(partitioner, {nullptr}, "batch 0 is a null pointer");
    ExpectError(partitioner, {Numbers({1}), nullptr}, "batch 1 is a null pointer");
  }
}

TEST(Partitioner, RefusesTypesThatCannotBeKeysByName) {
  for (const auto& type : {arrow::decimal256(50, 2), arrow::float16(), arrow::decimal128(10, -2)}) {
    const auto batch = Batch(arrow::MakeArrayOfNull(type, 1).ValueOrDie(), "price");
    ExpectError(Partitioner::Hash({"price"}, 2), {batch}, "column 'price' of type " + type->ToString());
    ExpectError(Partitioner::Range("price", {}), {batch}, "column 'price' of type " + type->ToString());
  }
}

TEST(Partitioner, LeavesOtherColumnsOfAnyTypeAlone) {
  const auto prices = arrow::MakeArrayOfNull(arrow::decimal256(50, 2), 2).ValueOrDie();
  const auto batch = arrow::RecordBatch::Make(
      arrow::schema({arrow::field("k", arrow::int64()), arrow::field("price", prices->type())}), 2,
      {Numbers({1, 2})->column(0), prices});
  EXPECT_TRUE(Partitioner::Hash({"k"}, 2).Partition({batch}).ok());
}

}  // namespace
}  // namespace skein
