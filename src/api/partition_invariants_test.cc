// What holds of partitions whatever the strategy, the type of the key, the sizes of batches and the values are: random
// rows from seeds.
#include <algorithm>
#include <functional>
#include <set>

#include <arrow/array/concatenate.h>
#include <arrow/extension_type.h>
#include <gtest/gtest.h>

#include "random_batches.h"
#include "skein/partitioner.h"

namespace skein {
namespace {

using Partitions = std::vector<arrow::RecordBatchVector>;

/// A value of the column without its encoding, or null.
std::shared_ptr<arrow::Scalar> PlainValue(const arrow::Array& column, int64_t row) {
  auto value = column.GetScalar(row).ValueOrDie();
  if (!value->is_valid) return nullptr;
  if (const auto* encoded = dynamic_cast<const arrow::DictionaryScalar*>(value.get())) {
    value = encoded->GetEncodedValue().ValueOrDie();
  } else if (const auto* runs = dynamic_cast<const arrow::RunEndEncodedScalar*>(value.get())) {
    value = runs->value;
  }
  return value->is_valid ? value : nullptr;
}

/// Ranges whose boundaries are two values of the data, in the order that is right; fewer where they are not there.
Partitioner RangeOfValues(const arrow::RecordBatchVector& batches) {
  std::vector<RangeBoundary> found;
  for (const auto& batch : batches) {
    for (int64_t row = 0; row < batch->num_rows() && found.size() < 2; row++) {
      if (auto value = PlainValue(*batch->column(0), row)) found.emplace_back(std::move(value));
    }
  }
  if (found.size() == 2) {
    for (const auto& ranges : {Partitioner::Range("key", found), Partitioner::Range("key", {found[1], found[0]})}) {
      if (ranges.Partition({batches[0]->Slice(0, 0)}).ok()) return ranges;
    }
    found.pop_back();  // equal ones
  }
  return Partitioner::Range("key", found);
}

/// Calls `check` with batches of every type and shape, and each partitioner that looks at the key, or at none.
void ForEachCase(
    const std::function<void(const arrow::RecordBatchVector&, const Partitioner&, const Partitions&)>& check) {
  const std::vector<std::vector<int64_t>> shapes{{}, {1}, {0, 7, 0, 1}, {30, 3}};
  const auto by_hash = Partitioner::Hash({"key"}, 4);
  const auto by_two = Partitioner::Hash({"more", "key"}, 100);
  const auto into_one = Partitioner::Hash({"key"}, 1);
  const auto in_turn = Partitioner::RoundRobin(3);
  uint64_t seed = 0;
  for (const auto& type : KeyTypes()) {
    for (const auto& shape : shapes) {
      for (const bool are_sliced : {false, true}) {
        if (shape.size() < 2 && are_sliced) continue;
        const auto batches = RandomBatches(type, shape, are_sliced, ++seed);
        for (const auto& partitioner : {by_hash, by_two, into_one, in_turn, RangeOfValues(batches)}) {
          SCOPED_TRACE(type->ToString() + " " + ToString(partitioner.strategy()) + " seed " + std::to_string(seed));
          const auto partitions = partitioner.Partition(batches);
          ASSERT_TRUE(partitions.ok()) << partitions.status();
          check(batches, partitioner, *partitions);
          if (testing::Test::HasFailure()) return;
        }
      }
    }
  }
}

/// Calls `check` where the partition depends on keys alone.
void ForEachKeyedCase(
    const std::function<void(const arrow::RecordBatchVector&, const Partitioner&, const Partitions&)>& check) {
  ForEachCase([&](const auto& batches, const Partitioner& partitioner, const Partitions& partitions) {
    if (!std::holds_alternative<RoundRobinPartitioning>(partitioner.strategy())) {
      check(batches, partitioner, partitions);
    }
  });
}

std::vector<std::vector<int64_t>> IdsOf(const Partitions& partitions) {
  std::vector<std::vector<int64_t>> ids;
  for (const auto& partition : partitions) ids.push_back(Ids(partition));
  return ids;
}

TEST(PartitionInvariants, AreAsManyAsTheStrategySays) {
  ForEachCase([](const auto&, const Partitioner& partitioner, const Partitions& partitions) {
    EXPECT_EQ(partitions.size(), CountPartitions(partitioner.strategy()));
  });
}

TEST(PartitionInvariants, HoldEachRowOnce) {
  ForEachCase([](const auto& batches, const Partitioner&, const Partitions& partitions) {
    std::vector<int64_t> ids;
    for (const auto& partition : IdsOf(partitions)) ids.insert(ids.end(), partition.begin(), partition.end());
    std::sort(ids.begin(), ids.end());
    EXPECT_EQ(ids, Ids(batches));
  });
}

TEST(PartitionInvariants, HoldTheRowsUnchanged) {
  ForEachCase([](const auto& batches, const Partitioner&, const Partitions& partitions) {
    for (const auto* column : {"key", "more"}) {
      std::map<int64_t, std::string> found;
      for (const auto& partition : partitions) found.merge(WordsById(partition, column));
      EXPECT_EQ(found, WordsById(batches, column));
    }
  });
}

TEST(PartitionInvariants, KeepTheSchema) {
  ForEachCase([](const auto& batches, const Partitioner&, const Partitions& partitions) {
    for (const auto& partition : partitions) {
      for (const auto& batch : partition) {
        EXPECT_TRUE(batch->schema()->Equals(*batches[0]->schema(), /*check_metadata=*/true));
        EXPECT_TRUE(batch->ValidateFull().ok());
      }
    }
  });
}

TEST(PartitionInvariants, KeepTheOrderOfRows) {
  ForEachCase([](const auto&, const Partitioner&, const Partitions& partitions) {
    for (const auto& ids : IdsOf(partitions)) EXPECT_TRUE(std::is_sorted(ids.begin(), ids.end()));
  });
}

TEST(PartitionInvariants, HoldNoEmptyBatch) {
  ForEachCase([](const auto&, const Partitioner&, const Partitions& partitions) {
    for (const auto& partition : partitions) {
      for (const auto& batch : partition) EXPECT_GT(batch->num_rows(), 0);
    }
  });
}

TEST(PartitionInvariants, ShareEqualKeys) {
  ForEachKeyedCase([](const auto& batches, const Partitioner& partitioner, const Partitions& partitions) {
    const auto* hash = std::get_if<HashPartitioning>(&partitioner.strategy());
    const bool has_two = hash != nullptr && hash->key_columns.size() == 2;
    const auto keys = WordsById(batches, "key");
    const auto more = WordsById(batches, "more");
    std::map<std::string, std::set<size_t>> partitions_of;
    for (size_t p = 0; p < partitions.size(); p++) {
      for (const auto id : Ids(partitions[p])) {
        partitions_of[keys.at(id) + (has_two ? " and " + more.at(id) : "")].insert(p);
      }
    }
    for (const auto& [key, found] : partitions_of) EXPECT_EQ(found.size(), 1U) << key;
  });
}

TEST(PartitionInvariants, DoNotDependOnTheSizesOfBatches) {
  ForEachKeyedCase([](const auto& batches, const Partitioner& partitioner, const Partitions& partitions) {
    const auto again = partitioner.Partition(CutAnew(batches, 5));
    ASSERT_TRUE(again.ok()) << again.status();
    EXPECT_EQ(IdsOf(*again), IdsOf(partitions));
  });
}

TEST(PartitionInvariants, HoldForMoreRowsThanTheEngineTakesAtOnce) {
  for (const auto& type : KeyTypes()) {
    SCOPED_TRACE(type->ToString());
    const auto batches = RandomBatches(type, {2500}, true, 1);
    const auto partitioner = Partitioner::Hash({"key"}, 3);
    const auto whole = partitioner.Partition(batches);
    const auto cut = partitioner.Partition(CutAnew(batches, 500));
    ASSERT_TRUE(whole.ok() && cut.ok());
    EXPECT_EQ(IdsOf(*whole), IdsOf(*cut));
  }
}

}  // namespace
}  // namespace skein
