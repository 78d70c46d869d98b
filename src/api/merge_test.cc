#include "skein/merge.h"

#include <algorithm>
#include <numeric>

#include <arrow/array/array_binary.h>
#include <arrow/array/array_primitive.h>
#include <gtest/gtest.h>

#include "random_batches.h"
#include "skein/partitioner.h"

namespace skein {
namespace {

using Partitions = std::vector<arrow::RecordBatchVector>;

/// Sorts rows, stably: each of them is a sorted partition.
arrow::RecordBatchVector Sort(const arrow::RecordBatchVector& batches, const std::shared_ptr<arrow::Schema>& schema,
                              const std::vector<SortColumn>& columns) {
  Partitions rows;
  for (const auto& row : CutAnew(batches, 1)) rows.push_back({row});
  return Merge::Sorted(schema, columns).Execute(rows).ValueOrDie();
}

/// The ids of rows sorted by a column of strings, or of numbers, without the engine.
template <typename Array>
std::vector<int64_t> SortedIds(const arrow::RecordBatch& batch, const SortColumn& column) {
  const auto& values = dynamic_cast<const Array&>(*batch.GetColumnByName(column.name));
  auto ids = Ids({batch.Slice(0)});
  std::stable_sort(ids.begin(), ids.end(), [&](int64_t left, int64_t right) {
    if (values.IsNull(left) || values.IsNull(right)) {
      return values.IsNull(left) != values.IsNull(right) && values.IsNull(left) == column.nulls_first;
    }
    return column.ascending ? values.GetView(left) < values.GetView(right)
                            : values.GetView(right) < values.GetView(left);
  });
  return ids;
}

std::vector<SortColumn> AllOrders() {
  return {{"key", true, true}, {"key", true, false}, {"key", false, true}, {"key", false, false}};
}

TEST(Merge, OfOneTypeSortsAsTheStandardLibrary) {
  for (const auto& order : AllOrders()) {
    const auto texts = RandomBatches(arrow::utf8(), {300}, true, 1);
    EXPECT_EQ(Ids(Sort(texts, texts[0]->schema(), {order})), SortedIds<arrow::StringArray>(*texts[0], order));
    const auto numbers = RandomBatches(arrow::int32(), {300}, true, 2);
    EXPECT_EQ(Ids(Sort(numbers, numbers[0]->schema(), {order})), SortedIds<arrow::Int32Array>(*numbers[0], order));
  }
}

// Equal keys share a partition, so their order is that of the input, too.
TEST(Merge, OfSortedPartitionsIsTheSortOfAll) {
  uint64_t seed = 0;
  for (const auto& type : KeyTypes()) {
    for (const size_t turn : {seed % 4, (seed + 1) % 4}) {
      const auto order = AllOrders()[turn];
      SCOPED_TRACE(type->ToString() + (order.ascending ? " ascending" : " descending"));
      const auto batches = RandomBatches(type, {12, 0, 9}, order.nulls_first, ++seed);
      const auto schema = batches[0]->schema();
      const std::vector<SortColumn> columns{order, {"more", !order.ascending, order.nulls_first}};
      auto partitions = Partitioner::Hash({"key", "more"}, 5).Partition(batches).ValueOrDie();
      for (auto& partition : partitions) partition = CutAnew(Sort(partition, schema, columns), 7);
      const auto merged = Merge::Sorted(schema, columns).Execute(partitions);
      ASSERT_TRUE(merged.ok()) << merged.status();
      EXPECT_EQ(Ids(*merged), Ids(Sort(batches, schema, columns)));
      EXPECT_EQ(WordsById(*merged, "key"), WordsById(batches, "key"));
      EXPECT_TRUE((*merged)[0]->schema()->Equals(*schema, /*check_metadata=*/true));
    }
  }
}

TEST(Merge, TakesEqualRowsByTheirPartition) {
  const auto rows = RandomBatches(arrow::null(), {2, 2, 2}, false, 1);
  const auto merged = *Merge::Sorted(rows[0]->schema(), {{"key"}}).Execute({{rows[1]}, {rows[2]}, {rows[0]}});
  EXPECT_EQ(Ids(merged), (std::vector<int64_t>{2, 3, 4, 5, 0, 1}));
}

TEST(Merge, MakesBatchesOfLimitedSize) {
  const auto rows = RandomBatches(arrow::null(), {20000}, false, 1);
  for (const auto& batch : *Merge::Sorted(rows[0]->schema(), {{"key"}}).Execute({rows})) {
    EXPECT_LE(batch->num_rows(), Merge::kBatchRows);
  }
}

TEST(Merge, ConcatenatesPartitionsInTheirOrder) {
  const auto rows = RandomBatches(arrow::utf8(), {5, 0, 6}, false, 1);
  const auto merged = *Merge::Concat(rows[0]->schema()).Execute({{rows[2]}, {}, {rows[0], rows[1]}});
  EXPECT_EQ(Ids(merged), Ids({rows[2], rows[0]}));
}

TEST(Merge, OfNoPartitionIsEmpty) {
  const auto schema = arrow::schema({arrow::field("key", arrow::int64())});
  EXPECT_TRUE(Merge::Sorted(schema, {{"key"}}).Execute({})->empty());
  EXPECT_TRUE(Merge::Concat(schema).Execute({{}, {}})->empty());
}

TEST(Merge, NamesPartitionAndRowThatAreNotSorted) {
  const auto rows = RandomBatches(arrow::utf8(), {4, 3}, false, 1);  // sorted by their ids
  const auto status =
      Merge::Sorted(rows[0]->schema(), {{"id"}}).Execute({{rows[0]}, {rows[0], rows[1], rows[0]}}).status();
  EXPECT_TRUE(status.IsInvalid());
  EXPECT_NE(status.message().find("partition 1 is not sorted: its row 7"), std::string::npos) << status;
}

TEST(Merge, NamesPartitionAndRowOfAnotherSchema) {
  const auto rows = RandomBatches(arrow::utf8(), {4}, false, 1);
  const auto other = RandomBatches(arrow::int8(), {4}, false, 1);
  for (const auto& merge : {Merge::Concat(rows[0]->schema()), Merge::Sorted(rows[0]->schema(), {{"id"}})}) {
    const auto status = merge.Execute({rows, {rows[0], other[0]}}).status();
    EXPECT_TRUE(status.IsInvalid());
    EXPECT_NE(status.message().find("row 4 of partition 1 has another schema"), std::string::npos) << status;
  }
}

TEST(Merge, NamesPartitionAndRowOfABatchThatIsNotThere) {
  const auto rows = RandomBatches(arrow::utf8(), {4}, false, 1);
  const auto status = Merge::Concat(rows[0]->schema()).Execute({rows, {rows[0], nullptr}}).status();
  EXPECT_TRUE(status.IsInvalid());
  EXPECT_NE(status.message().find("the batch at row 4 of partition 1 is a null pointer"), std::string::npos) << status;
}

TEST(Merge, RefusesToWorkWithoutASchema) {
  const auto status = Merge::Concat(nullptr).Execute({}).status();
  EXPECT_TRUE(status.IsInvalid());
  EXPECT_NE(status.message().find("the schema is a null pointer"), std::string::npos) << status;
}

TEST(Merge, RefusesToSortByNothingOrByUnknownColumn) {
  const auto rows = RandomBatches(arrow::utf8(), {4}, false, 1);
  EXPECT_TRUE(Merge::Sorted(rows[0]->schema(), {}).Execute({rows}).status().IsInvalid());
  EXPECT_TRUE(Merge::Sorted(rows[0]->schema(), {{"x"}}).Execute({rows}).status().IsInvalid());
}

}  // namespace
}  // namespace skein
