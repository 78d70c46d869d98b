#include "engine/partition_hash.h"

#include <algorithm>
#include <set>

#include <gtest/gtest.h>

#include "duckdb/common/vector_operations/vector_operations.hpp"
#include "engine/engine_fixture.h"
#include "plan/partition_range.h"

namespace skein::core {
namespace {

using duckdb::DataChunk;
using duckdb::idx_t;

class PartitionHashTest : public testing::Test {
 protected:
  static std::vector<uint32_t> Hash(DataChunk& keys) {
    std::vector<uint32_t> hashes(keys.size());
    ComputePartitionHash(keys, keys.size(), hashes.data());
    return hashes;
  }

  std::vector<uint32_t> Hash(const std::string& sql) {
    std::vector<uint32_t> hashes;
    auto result = client_.connection().Query(sql);
    EXPECT_FALSE(result->HasError()) << (result->HasError() ? result->GetError() : "");
    while (auto chunk = result->Fetch()) {
      for (auto hash : Hash(*chunk)) hashes.push_back(hash);
    }
    return hashes;
  }

  /// Expects that all rows of one column have one hash, and returns it.
  uint32_t OnlyHash(const std::string& sql) {
    const auto hashes = Hash(sql);
    EXPECT_FALSE(hashes.empty());
    EXPECT_EQ(std::set<uint32_t>(hashes.begin(), hashes.end()).size(), 1u) << sql;
    return hashes.empty() ? 0 : hashes[0];
  }

  ClientDuckDb client_;
};

TEST_F(PartitionHashTest, EqualKeysHaveEqualHashes) {
  OnlyHash("SELECT unnest([NULL, NULL]::INTEGER[])");
  OnlyHash("SELECT unnest([0.0, -0.0, 0]::DOUBLE[])");
  OnlyHash("SELECT unnest(['nan'::DOUBLE, -('nan'::DOUBLE), 'inf'::DOUBLE - 'inf'::DOUBLE])");
  OnlyHash("SELECT unnest([0.0, -0.0]::FLOAT[])");
  OnlyHash("SELECT unnest(['a long key that is not inlined', 'a long key ' || 'that is not inlined'])");
  OnlyHash("SELECT unnest([{'a': NULL, 'b': [1, NULL]}, {'a': NULL, 'b': [1, NULL]}])");
  OnlyHash("SELECT unnest(['1 month 0 days', '30 days']::INTERVAL[])");
}

TEST_F(PartitionHashTest, UnequalKeysHaveUnequalHashes) {
  const auto hashes = Hash("SELECT unnest([0, 1, 2, 3, NULL, -1, 4294967296, 4294967297])");
  EXPECT_EQ(std::set<uint32_t>(hashes.begin(), hashes.end()).size(), 8u);
}

TEST_F(PartitionHashTest, ColumnsCountInTheirOrder) {
  const auto hashes = Hash("SELECT unnest([1, 2, 1, 2]), unnest([2, 1, 1, 2])");
  EXPECT_EQ(std::set<uint32_t>(hashes.begin(), hashes.end()).size(), 4u);
}

TEST_F(PartitionHashTest, DependsOnTheKeyAloneAndNotOnItsVector) {
  for (const auto* sql : {"SELECT i % 50, 'key number ' || (i % 50) FROM range(2000) r(i)",
                          "SELECT nullif(i % 50, 7), [i % 50, NULL] FROM range(2000) r(i)"}) {
    auto flat = client_.connection().Query(sql)->Fetch();
    const auto expected = Hash(*flat);
    duckdb::SelectionVector reversed(STANDARD_VECTOR_SIZE);
    for (idx_t i = 0; i < 2000; i++) reversed.set_index(i, 1999 - i);
    DataChunk dictionary;
    dictionary.InitializeEmpty(flat->GetTypes());
    dictionary.Slice(*flat, reversed, 2000);
    auto hashes = Hash(dictionary);
    std::reverse(hashes.begin(), hashes.end());
    EXPECT_EQ(hashes, expected);
    for (idx_t i = 0; i < 50; i++) {
      DataChunk constant;
      constant.InitializeEmpty(flat->GetTypes());
      for (idx_t column = 0; column < 2; column++) constant.data[column].Reference(flat->GetValue(column, i));
      constant.SetCardinality(3);
      EXPECT_EQ(Hash(constant), std::vector<uint32_t>(3, expected[i]));
    }
  }
}

TEST_F(PartitionHashTest, IsTheSameAcrossChunks) {
  const auto hashes = Hash("SELECT i % 1000 FROM range(10000) r(i)");
  ASSERT_EQ(hashes.size(), 10000u);
  for (size_t i = 1000; i < hashes.size(); i++) ASSERT_EQ(hashes[i], hashes[i - 1000]) << i;
}

// Workers of one query agree by it, and retained units outlive a worker: a change is a change of the protocol.
TEST_F(PartitionHashTest, IsTheSameInEveryProcess) {
  EXPECT_EQ(OnlyHash("SELECT 42::BIGINT"), 2820548511u);
  EXPECT_EQ(OnlyHash("SELECT 'skein'"), 762270960u);
}

TEST_F(PartitionHashTest, SpreadsAMillionIntegersEvenly) {
  for (uint32_t count : {2u, 3u, 7u, 16u}) {
    const auto ranges = SplitEvenly(count);
    std::vector<uint64_t> rows(count);
    for (auto hash : Hash("SELECT i FROM range(1000000) r(i)")) {
      const auto range = IndexOfHash(hash, count);
      ASSERT_TRUE(ranges[range].Contains(hash));
      rows[range]++;
    }
    for (auto in_range : rows) EXPECT_NEAR(static_cast<double>(in_range) * count, 1e6, 1e5) << count;
  }
}

// DuckDB's hash tables use the low bits and its radix partitions the bits below 48: the keys of one of our ranges must
// still fill all of them.
TEST_F(PartitionHashTest, LeavesTheBitsThatDuckDbUsesAlone) {
  auto result = client_.connection().Query("SELECT i FROM range(200000) r(i)");
  std::vector<uint64_t> low(16), radix(16);
  uint64_t rows = 0;
  while (auto chunk = result->Fetch()) {
    const auto ours = Hash(*chunk);
    duckdb::Vector theirs(duckdb::LogicalType::HASH, chunk->size());
    duckdb::VectorOperations::Hash(chunk->data[0], theirs, chunk->size());
    theirs.Flatten(chunk->size());
    for (idx_t i = 0; i < chunk->size(); i++) {
      if (IndexOfHash(ours[i], 16) != 5) continue;
      const auto hash = duckdb::FlatVector::GetData<duckdb::hash_t>(theirs)[i];
      low[hash & 15]++;
      radix[(hash >> 44) & 15]++;
      rows++;
    }
  }
  for (int i = 0; i < 16; i++) {
    EXPECT_NEAR(static_cast<double>(low[i]) * 16, static_cast<double>(rows), 0.2 * static_cast<double>(rows));
    EXPECT_NEAR(static_cast<double>(radix[i]) * 16, static_cast<double>(rows), 0.2 * static_cast<double>(rows));
  }
}

}  // namespace
}  // namespace skein::core
