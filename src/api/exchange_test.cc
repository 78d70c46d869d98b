#include "skein/exchange.h"

#include <gtest/gtest.h>

#include "random_batches.h"

namespace skein {
namespace {

const arrow::RecordBatchVector& Rows() {
  static const auto rows = RandomBatches(arrow::utf8(), {30, 0, 50}, false, 1);
  return rows;
}

TEST(Exchange, HashIsThatOfThePartitioner) {
  const auto partitions = Exchange::Hash({"key"}, 3).Execute(Rows());
  ASSERT_TRUE(partitions.ok()) << partitions.status();
  const auto expected = *Partitioner::Hash({"key"}, 3).Partition(Rows());
  for (size_t p = 0; p < 3; p++) EXPECT_EQ(Ids((*partitions)[p]), Ids(expected[p]));
}

TEST(Exchange, GathersAllRowsInOrder) {
  const auto partitions = *Exchange::Gather().Execute(Rows());
  ASSERT_EQ(partitions.size(), 1U);
  EXPECT_EQ(Ids(partitions[0]), Ids(Rows()));
}

TEST(Exchange, DealsBatchesInTurn) {
  const auto partitions = *Exchange::RoundRobin(2).Execute(Rows());
  EXPECT_EQ(partitions[0][0]->num_rows(), 30);
  EXPECT_EQ(partitions[1][0]->num_rows(), 50);
}

TEST(Exchange, CopiesAllRowsToEachPartition) {
  const auto partitions = *Exchange::Broadcast(3).Execute(Rows());
  ASSERT_EQ(partitions.size(), 3U);
  for (const auto& partition : partitions) EXPECT_EQ(Ids(partition), Ids(Rows()));
}

TEST(Exchange, RefusesToCopyToNoPartition) { EXPECT_TRUE(Exchange::Broadcast(0).Execute(Rows()).status().IsInvalid()); }

TEST(Exchange, RefusesToGatherABatchThatIsNotThere) {
  EXPECT_TRUE(Exchange::Gather().Execute({nullptr}).status().IsInvalid());
}

TEST(Exchange, RefusesToGatherBatchesOfDifferentSchemas) {
  auto rows = Rows();
  rows.push_back(RandomBatches(arrow::int8(), {1}, false, 1)[0]);
  EXPECT_TRUE(Exchange::Gather().Execute(rows).status().IsInvalid());
}

}  // namespace
}  // namespace skein
