#include "engine/parquet_splits.h"

#include <set>

#include <gtest/gtest.h>

#include "engine/engine_fixture.h"

namespace skein::core {
namespace {

duckdb::LogicalGet* FindScan(duckdb::LogicalOperator& plan) {
  if (plan.type == duckdb::LogicalOperatorType::LOGICAL_GET) return &plan.Cast<duckdb::LogicalGet>();
  for (auto& child : plan.children) {
    if (auto* scan = FindScan(*child)) return scan;
  }
  return nullptr;
}

class ParquetSplitsTest : public testing::Test {
 protected:
  ParquetSplitsTest() {
    Write("a.parquet", "SELECT i, {'x': i, 'y': 'long'} AS s FROM range(10000) r(i)");
    Write("b.parquet", "SELECT i, {'x': i, 'y': 'long'} AS s FROM range(10000, 12000) r(i)");
    Write("c.parquet", "SELECT i, {'x': i, 'y': 'long'} AS s FROM range(12000, 12001) r(i)");
    client_.Ask("COPY (SELECT 1 AS i) TO '" + dir_.path("d.csv") + "'");
    client_.connection().BeginTransaction();
  }

  void Write(const std::string& name, const std::string& sql) {
    client_.Ask("COPY (" + sql + ") TO '" + dir_.path(name) + "' (FORMAT parquet, ROW_GROUP_SIZE 2048)");
  }
  std::string Files(const std::string& pattern, const std::string& options = "") {
    return "read_parquet('" + dir_.path(pattern) + "'" + options + ")";
  }

  std::string WhyNot(const std::string& sql) {
    auto plan = client_.Optimize(sql);
    auto* scan = FindScan(*plan.root);
    EXPECT_NE(scan, nullptr) << sql;
    return scan == nullptr ? "no scan" : WhyNotSplittable(*scan);
  }
  std::vector<Split> Splits(const std::string& sql) {
    auto plan = client_.Optimize(sql);
    return EnumerateSplits(client_.context(), PlanScan(client_.context(), *FindScan(*plan.root)));
  }

  TempDir dir_;
  ClientDuckDb client_;
};

TEST_F(ParquetSplitsTest, GivesEachRowGroupOfEachFileOnce) {
  std::vector<std::string> found;
  const auto splits = Splits("SELECT i FROM " + Files("*.parquet"));
  for (const auto& split : splits) {
    const auto parquet = ParquetSplit::FromBytes(split.payload);
    EXPECT_EQ(split.id, found.size());
    ASSERT_EQ(parquet.row_groups.size(), 1u);
    found.push_back(parquet.path + "|" + std::to_string(parquet.row_groups[0]) + "|" + std::to_string(split.rows) +
                    "|");
  }
  const auto metadata = "SELECT DISTINCT file_name, row_group_id, row_group_num_rows FROM parquet_metadata('" +
                        dir_.path("*.parquet") + "') ORDER BY ALL";
  EXPECT_EQ(found, client_.Ask(metadata));
  EXPECT_EQ(found.size(), 7u);
}

TEST_F(ParquetSplitsTest, PinsFilesBySizeAndTime) {
  const auto splits = Splits("SELECT i FROM " + Files("[bc].parquet"));
  ASSERT_EQ(splits.size(), 2u);
  for (size_t i = 0; i < 2; i++) {
    const auto parquet = ParquetSplit::FromBytes(splits[i].payload);
    EXPECT_EQ(parquet.file_index, i);
    EXPECT_EQ(parquet.file_size, std::filesystem::file_size(parquet.path));
    EXPECT_GT(parquet.modified, 1'700'000'000);
  }
}

TEST_F(ParquetSplitsTest, AKeptFooterIsNotUsedForAFileThatWasReplaced) {
  const auto sql = "SELECT i FROM " + Files("b.parquet");
  // A footer is only kept as valid for files that have not just been written.
  const auto long_ago = std::filesystem::file_time_type::clock::now() - std::chrono::hours(2);
  std::filesystem::last_write_time(dir_.path("b.parquet"), long_ago);
  ASSERT_EQ(Splits(sql).size(), 1u);
  ASSERT_EQ(Splits(sql).size(), 1u);
  client_.connection().Rollback();
  Write("b.parquet", "SELECT i, {'x': i, 'y': 'long'} AS s FROM range(5000) r(i)");
  std::filesystem::last_write_time(dir_.path("b.parquet"), long_ago + std::chrono::hours(1));
  client_.connection().BeginTransaction();
  EXPECT_EQ(Splits(sql).size(), 3u);
}

TEST_F(ParquetSplitsTest, AnEmptyFileHasASplitForItsColumnsToBeLookedAt) {
  client_.connection().Rollback();
  Write("empty.parquet", "SELECT 1 AS i WHERE false");
  client_.connection().BeginTransaction();
  EXPECT_EQ(Splits("SELECT i FROM " + Files("empty.parquet")).size(), 1u);
}

TEST_F(ParquetSplitsTest, FilesThatDuckDbPrunesAreNotOpened) {
  client_.connection().Rollback();
  client_.Ask("COPY (SELECT i, i % 4 AS part FROM range(1000) r(i)) TO '" + dir_.path("hive") +
              "' (FORMAT parquet, PARTITION_BY (part))");
  client_.connection().BeginTransaction();
  const auto scan = Files("hive/*/*.parquet", ", hive_partitioning = true");
  EXPECT_EQ(Splits("SELECT i FROM " + scan).size(), 4u);
  EXPECT_EQ(Splits("SELECT i FROM " + scan + " WHERE part = 2").size(), 1u);
}

TEST_F(ParquetSplitsTest, TheSpecSurvivesTheWire) {
  auto plan = client_.Optimize("SELECT i FROM " + Files("*.parquet", ", filename = true") + " WHERE i > 5");
  const auto spec = PlanScan(client_.context(), *FindScan(*plan.root)).spec;
  auto copy = spec.Copy();
  EXPECT_EQ(copy.names, spec.names);
  EXPECT_EQ(copy.types, spec.types);
  EXPECT_EQ(copy.column_ids, spec.column_ids);
  EXPECT_EQ(copy.projection_ids, spec.projection_ids);
  EXPECT_EQ(copy.filters.filters.size(), 1u);
  EXPECT_TRUE(copy.filters.Equals(const_cast<SplitScanSpec&>(spec).filters));
}

TEST_F(ParquetSplitsTest, PlainScansAreSplittable) {
  EXPECT_EQ(WhyNot("SELECT i FROM " + Files("*.parquet")), "");
  EXPECT_EQ(WhyNot("SELECT i, s FROM " + Files("*.parquet") + " WHERE i > 3"), "");
  EXPECT_EQ(WhyNot("SELECT count(*) FROM " + Files("*.parquet", ", filename = true") + " GROUP BY filename"), "");
  EXPECT_EQ(WhyNot("SELECT i FROM " + Files("*.parquet", ", union_by_name = true")), "");
  EXPECT_EQ(WhyNot("SELECT s.x FROM " + Files("a.parquet")), "");
  EXPECT_EQ(WhyNot("SELECT i, file_row_number FROM " + Files("*.parquet", ", file_row_number = true")), "");
}

TEST_F(ParquetSplitsTest, NamesWhatCannotBeSplit) {
  EXPECT_EQ(WhyNot("SELECT i FROM read_csv('" + dir_.path("d.csv") + "')"),
            "one file, which the client reads with all its threads");
  EXPECT_EQ(WhyNot("SELECT range FROM range(10)"), "range is not split");
  EXPECT_EQ(WhyNot("SELECT i FROM " + Files("*.parquet",
                                            ", schema = MAP {0: {name: 'i', type: 'BIGINT', "
                                            "default_value: NULL}}")),
            "the scan has a schema of its own");
}

TEST_F(ParquetSplitsTest, NamesWhatDuckDbPutIntoTheScan) {
  const auto why_not = [&](const std::function<void(duckdb::LogicalGet&)>& change) {
    auto plan = client_.Optimize("SELECT i FROM " + Files("*.parquet"));
    auto* scan = FindScan(*plan.root);
    change(*scan);
    return WhyNotSplittable(*scan);
  };
  EXPECT_EQ(why_not([](auto& scan) { scan.extra_info.sample_options = duckdb::make_uniq<duckdb::SampleOptions>(); }),
            "a sample is taken in the scan");
  EXPECT_EQ(why_not([](auto& scan) { scan.ordinality_idx = 0; }), "WITH ORDINALITY numbers the rows of one scan");
  EXPECT_EQ(why_not([](auto& scan) { scan.children.push_back(nullptr); }), "the scan depends on another operator");
}

TEST_F(ParquetSplitsTest, SamplesAndNumbersOfRowsAreTakenAboveTheScan) {
  EXPECT_EQ(WhyNot("SELECT i FROM " + Files("*.parquet") + " TABLESAMPLE system(50%)"), "");
  EXPECT_EQ(WhyNot("SELECT i, ordinality FROM " + Files("a.parquet") + " WITH ORDINALITY"), "");
  EXPECT_EQ(WhyNot("SELECT i FROM " + Files("*.parquet") + " ORDER BY i LIMIT 3"), "");
}

}  // namespace
}  // namespace skein::core
