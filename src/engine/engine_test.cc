#include "engine/engine.h"

#include <algorithm>
#include <set>
#include <thread>

#include <gtest/gtest.h>

#include "engine/fragment_fixture.h"
#include "engine/partition_hash.h"

namespace skein::core {
namespace {

using duckdb::idx_t;

class EngineTest : public FragmentFixture {};

TEST_F(EngineTest, RunsFragmentsAsDuckDbRunsStatements) {
  ExpectAnswer("SELECT i, s FROM t WHERE i % 3 = 1");
  ExpectAnswer("SELECT g, count(*), sum(i), avg(n), min(s) FROM t GROUP BY g");
  ExpectAnswer("SELECT count(*) FROM t");
  ExpectAnswer("SELECT a.i, b.s FROM t a JOIN t b ON a.i = b.i + 9000 WHERE a.g = 3");
  ExpectAnswer("SELECT s, i FROM t ORDER BY s, i DESC LIMIT 10 OFFSET 3");
  ExpectAnswer("SELECT g, row_number() OVER (PARTITION BY g ORDER BY i) AS r FROM t QUALIFY r < 3");
  ExpectAnswer("WITH c AS MATERIALIZED (SELECT g, sum(i) AS v FROM t GROUP BY g) FROM c JOIN c d USING (g)");
  ExpectAnswer("SELECT g, i, unnest([i, n]) FROM t WHERE i < 20");
}

TEST_F(EngineTest, MapsColumnsThatAreNotInTheFiles) {
  const auto scan = "read_parquet('" + dir_.path("t*.parquet") + "', filename = true, file_row_number = true)";
  ExpectAnswer("SELECT parse_filename(filename), file_row_number, i FROM " + scan + " WHERE i % 500 = 0");
  ExpectAnswer("SELECT file_index, count(*) FROM " + scan + " GROUP BY ALL");
  client_.Ask("COPY (SELECT i, i % 3 AS part FROM range(100) r(i)) TO '" + dir_.path("hive") +
              "' (FORMAT parquet, PARTITION_BY (part))");
  ExpectAnswer("SELECT part, i FROM read_parquet('" + dir_.path("hive/*/*.parquet") +
               "', hive_partitioning = true) WHERE part <> 1");
}

TEST_F(EngineTest, CastsColumnsOfFilesThatDiffer) {
  Write("x1.parquet", "SELECT i::BIGINT AS a, 'w' AS b FROM range(5) r(i)");
  Write("x2.parquet", "SELECT 'v' AS b, i::TINYINT AS a FROM range(5) r(i)");
  ExpectAnswer("SELECT a, b FROM read_parquet('" + dir_.path("x*.parquet") + "') WHERE a > 1");
}

TEST_F(EngineTest, ReadsEachSplitOnceAndRecordsIt) {
  const auto fragment = MakeFragment("SELECT i FROM t");
  ScriptedFeed feed;
  GiveAll(feed, fragment);
  const auto outcome = Run(fragment, MakeTask(feed));
  ASSERT_TRUE(outcome.status.ok()) << outcome.status.ToString();
  auto taken = feed.taken();
  EXPECT_EQ(taken.size(), 9u);
  ASSERT_EQ(outcome.result.units.size(), 1u);
  auto recorded = outcome.result.units[0].inputs;
  std::sort(taken.begin(), taken.end());
  std::sort(recorded.begin(), recorded.end());
  EXPECT_EQ(recorded, taken);
  EXPECT_EQ(std::set<std::string>(outcome.rows.begin(), outcome.rows.end()).size(), 18000u);
  EXPECT_EQ(outcome.result.rows_in, 18000u);
  EXPECT_EQ(outcome.result.rows_out, 18000u);
}

TEST_F(EngineTest, ReadsOnlyTheSplitsOfItsTask) {
  auto fragment = MakeFragment("SELECT i FROM t");
  fragment.splits[0] = {fragment.splits[0][1], fragment.splits[0][8]};
  const auto outcome = Run(fragment);
  ASSERT_TRUE(outcome.status.ok()) << outcome.status.ToString();
  std::vector<std::string> expected =
      client_.Ask("SELECT i FROM t WHERE i BETWEEN 2048 AND 4095 OR i >= 12000 + 4096 ORDER BY i");
  auto rows = outcome.rows;
  std::sort(rows.begin(), rows.end());
  std::sort(expected.begin(), expected.end());
  EXPECT_EQ(rows, expected);
}

TEST_F(EngineTest, ATaskWithoutSplitsClosesAnEmptyUnit) {
  auto fragment = MakeFragment("SELECT i FROM t");
  fragment.splits[0].clear();
  const auto outcome = Run(fragment);
  ASSERT_TRUE(outcome.status.ok()) << outcome.status.ToString();
  EXPECT_EQ(outcome.result.units.size(), 1u);
  EXPECT_TRUE(outcome.blocks.empty());
}

TEST_F(EngineTest, SleepsUntilSplitsComeFromAnotherThread) {
  const auto fragment = MakeFragment("SELECT i FROM t");
  ScriptedFeed feed;
  std::thread giver([&] {
    for (const auto& split : fragment.splits[0]) {
      EXPECT_TRUE(feed.WaitUntilAsked());
      feed.Give(0, {split});
    }
    EXPECT_TRUE(feed.WaitUntilAsked());
    feed.Close();
  });
  const auto outcome = Run(fragment, MakeTask(feed));
  giver.join();
  ASSERT_TRUE(outcome.status.ok()) << outcome.status.ToString();
  EXPECT_EQ(outcome.rows.size(), 18000u);
}

TEST_F(EngineTest, CancelsWhileEveryTaskIsBlocked) {
  const auto fragment = MakeFragment("SELECT g, count(*) FROM t GROUP BY g");
  ScriptedFeed feed;
  auto run = *engine_->Prepare(fragment.bytes, MakeTask(feed));
  std::chrono::steady_clock::time_point cancelled;
  std::thread canceller([&] {
    EXPECT_TRUE(feed.WaitUntilAsked());
    cancelled = std::chrono::steady_clock::now();
    run->Cancel();
  });
  const auto result = run->Run();
  const auto end = std::chrono::steady_clock::now();
  canceller.join();
  EXPECT_TRUE(result.status().IsCancelled()) << result.status().ToString();
  EXPECT_LT(end - cancelled, std::chrono::seconds(1));
}

TEST_F(EngineTest, CancelsWhatWasNotStarted) {
  const auto fragment = MakeFragment("SELECT i FROM t");
  ScriptedFeed feed;
  auto run = *engine_->Prepare(fragment.bytes, MakeTask(feed));
  run->Cancel();
  const auto result = run->Run();
  EXPECT_TRUE(result.status().IsCancelled()) << result.status().ToString();
}

TEST_F(EngineTest, CancelsComputingWithinASecond) {
  const auto fragment = MakeFragment("SELECT count(*) FROM t a, t b, t c WHERE a.i + b.i + c.i = 7");
  ScriptedFeed feed;
  for (ScanId scan = 0; scan < 3; scan++) feed.Give(scan, fragment.splits[scan]);
  auto run = *engine_->Prepare(fragment.bytes, MakeTask(feed));
  std::chrono::steady_clock::time_point cancelled;
  std::thread canceller([&] {
    EXPECT_TRUE(feed.WaitUntilAsked());
    feed.Close();
    cancelled = std::chrono::steady_clock::now();
    run->Cancel();
  });
  const auto result = run->Run();
  const auto end = std::chrono::steady_clock::now();
  canceller.join();
  EXPECT_TRUE(result.status().IsCancelled()) << result.status().ToString();
  EXPECT_LT(end - cancelled, std::chrono::seconds(1));
}

TEST_F(EngineTest, ErrorsOfTheStatementKeepTheirClass) {
  ExpectError(Run(MakeFragment("SELECT s::INTEGER FROM t")).status, Fault::kUser, "Conversion",
              "Could not convert string");
  ExpectError(Run(MakeFragment("SELECT sum(i) + (9223372036854775807 + i) FROM t GROUP BY i")).status, Fault::kUser,
              "Out of Range", "Overflow in addition");
  ExpectError(Run(MakeFragment("SELECT error('as you wish') FROM t")).status, Fault::kUser, "Invalid Input",
              "as you wish");
}

TEST_F(EngineTest, OutOfMemorySaysWhoseMemoryToRaise) {
  ExpectError(Run(MakeFragment("SELECT max(repeat(s, 200000000)) FROM t")).status, Fault::kUser, "Out of Memory",
              "give the workers more memory (skein_cluster = 'local:N?memory=8GB'");
}

TEST_F(EngineTest, GoesOnAfterAnError) {
  EXPECT_FALSE(Run(MakeFragment("SELECT s::INTEGER FROM t")).status.ok());
  ExpectAnswer("SELECT count(*) FROM t");
}

TEST_F(EngineTest, AnErrorOfTheFeedIsReturnedAsItIs) {
  const auto fragment = MakeFragment("SELECT i FROM t");
  ScriptedFeed feed;
  feed.Fail(Unavailable("coordinator is gone"));
  const auto outcome = Run(fragment, MakeTask(feed));
  ExpectError(outcome.status, Fault::kWorld, "", "coordinator is gone");
  EXPECT_TRUE(DetailOf(outcome.status)->is_retryable());
}

TEST_F(EngineTest, AFileReplacedAfterPlanningIsNamed) {
  const auto fragment = MakeFragment("SELECT i FROM t");
  Write("t1.parquet", "SELECT 1 AS i, 2 AS g, 'three' AS s, 4 AS n");
  const auto outcome = Run(fragment);
  ExpectError(
      outcome.status, Fault::kWorld, "",
      "file changed while the query ran: \"" + dir_.path("t1.parquet") + "\" is not the version that was planned");
}

TEST_F(EngineTest, AFileRemovedAfterPlanningIsNamed) {
  const auto fragment = MakeFragment("SELECT i FROM t");
  std::filesystem::remove(dir_.path("t2.parquet"));
  ExpectError(Run(fragment).status, Fault::kWorld, "", dir_.path("t2.parquet"));
}

TEST_F(EngineTest, PartitionsEveryRowByTheHashOfItsKey) {
  const auto fragment = MakeFragment("SELECT n, s, i FROM t", {0, 1});
  const auto outcome = Run(fragment, 5);
  ASSERT_TRUE(outcome.status.ok()) << outcome.status.ToString();
  std::set<PartitionRange> seen;
  for (const auto& block : outcome.blocks) {
    seen.insert(block.range);
    auto decoder = BlockDecoder::Make(client_.context(), block.codec, fragment.types);
    ASSERT_TRUE(decoder->Start(block).ok());
    duckdb::DataChunk chunk;
    chunk.Initialize(client_.context(), fragment.types);
    while (*decoder->Next(chunk)) {
      duckdb::DataChunk keys;
      keys.InitializeEmpty({fragment.types[0], fragment.types[1]});
      for (idx_t column = 0; column < 2; column++) keys.data[column].Reference(chunk.data[column]);
      keys.SetCardinality(chunk.size());
      std::vector<uint32_t> hashes(chunk.size());
      ComputePartitionHash(keys, chunk.size(), hashes.data());
      for (auto hash : hashes) ASSERT_TRUE(block.range.Contains(hash));
      chunk.Reset();
    }
  }
  EXPECT_EQ(seen.size(), 5u);
  EXPECT_EQ(outcome.rows.size(), 18000u);
}

TEST_F(EngineTest, HashesComputedKeysAndNulls) {
  auto fragment = MakeFragment("SELECT CASE WHEN i % 2 = 0 THEN NULL ELSE i % 3 END AS k, i FROM t", {0});
  const auto outcome = Run(fragment, 8);
  ASSERT_TRUE(outcome.status.ok()) << outcome.status.ToString();
  EXPECT_EQ(outcome.rows.size(), 18000u);
  std::set<PartitionRange> seen;
  for (const auto& block : outcome.blocks) seen.insert(block.range);
  EXPECT_LE(seen.size(), 4u);
}

TEST_F(EngineTest, TheTrailerCountsWhatTheBlocksHold) {
  const auto outcome = Run(MakeFragment("SELECT i FROM t", {0}), 3);
  ASSERT_TRUE(outcome.status.ok()) << outcome.status.ToString();
  ASSERT_EQ(outcome.result.units.size(), 1u);
  uint64_t rows = 0, blocks = 0;
  for (const auto& part : outcome.result.units[0].parts) {
    rows += part.rows;
    blocks += part.blocks;
  }
  EXPECT_EQ(rows, 18000u);
  EXPECT_EQ(blocks, outcome.blocks.size());
}

TEST_F(EngineTest, AnOrderedSinkKeepsTheOrder) {
  const std::string sql = "SELECT i, s FROM t ORDER BY s DESC, i";
  const auto outcome = Run(MakeFragment(sql, {}, true));
  ASSERT_TRUE(outcome.status.ok()) << outcome.status.ToString();
  EXPECT_EQ(outcome.rows, client_.Ask(sql));
}

TEST_F(EngineTest, SkipsRowGroupsThatStatisticsExclude) {
  auto fragment = MakeFragment("SELECT i FROM t WHERE i = 17000");
  auto& splits = fragment.splits[0];
  ASSERT_EQ(splits.size(), 9u);
  splits.pop_back();
  const auto outcome = Run(fragment);
  ASSERT_TRUE(outcome.status.ok()) << outcome.status.ToString();
  EXPECT_TRUE(outcome.rows.empty());
  EXPECT_EQ(outcome.result.rows_in, 0u);
}

TEST_F(EngineTest, FiltersInsideTheScanAsDuckDbDoes) {
  ExpectAnswer("SELECT i FROM t WHERE i = 17000");
  ExpectAnswer("SELECT i, n FROM t WHERE n IS NULL AND i < 30");
  ExpectAnswer("SELECT i FROM t WHERE s = 's7' AND n IN (1, 2) AND i BETWEEN 100 AND 12500");
  ExpectAnswer("SELECT count(*) FROM t WHERE i > 10000000");
}

TEST_F(EngineTest, AJoinFiltersTheScanThatItProbes) {
  Write("few.parquet", "SELECT i * 3 AS k FROM range(4000, 4010) r(i)");
  const std::string sql = "SELECT i FROM t JOIN read_parquet('" + dir_.path("few.parquet") + "') f ON t.i = f.k";
  const auto outcome = Run(MakeFragment(sql));
  ASSERT_TRUE(outcome.status.ok()) << outcome.status.ToString();
  EXPECT_EQ(outcome.rows.size(), 10u);
  // All ten keys lie in one row group of 2,048 rows; DuckDB drops those out of their range while it reads.
  EXPECT_LT(outcome.result.rows_in, 100u);
}

TEST_F(EngineTest, AJoinThatKeepsUnmatchedRowsFiltersNothing) {
  Write("few.parquet", "SELECT i * 3 AS k FROM range(4000, 4010) r(i)");
  ExpectAnswer("SELECT count(*), count(k) FROM t LEFT JOIN read_parquet('" + dir_.path("few.parquet") +
               "') f ON t.i = f.k");
}

TEST_F(EngineTest, SettingsOfTheSessionTravel) {
  client_.Ask("SET default_null_order = 'nulls_first'");
  ExpectAnswer("SELECT list_sort([n, i, NULL, 3]) FROM t WHERE i < 10");
  client_.Ask("SET default_null_order = 'nulls_last'; SET default_order = 'desc'");
  ExpectAnswer("SELECT list_sort([n, i, NULL, 3]) FROM t WHERE i < 10");
  client_.Ask("SET default_order = 'asc'; SET ieee_floating_point_ops = false");
  ExpectAnswer("SELECT i::DOUBLE / 0, i % 0 FROM t WHERE i < 3");
  client_.Ask("SET ieee_floating_point_ops = true; SET integer_division = true");
  ExpectAnswer("SELECT i::DOUBLE / 0, i / 3 FROM t WHERE i < 5");
}

TEST_F(EngineTest, TheTimeZoneTravels) {
  const std::string sql =
      "SELECT ('2024-01-01 12:00:00+00'::TIMESTAMPTZ + INTERVAL (i) HOUR)::VARCHAR, "
      "date_part('hour', '2024-01-01 12:00:00+00'::TIMESTAMPTZ + INTERVAL (i) HOUR) FROM t WHERE i < 5";
  client_.Ask("SET TimeZone = 'America/New_York'");
  const auto there = client_.Ask(sql);
  ExpectAnswer(sql);
  client_.Ask("SET TimeZone = 'Asia/Kathmandu'");
  EXPECT_NE(client_.Ask(sql), there);
  ExpectAnswer(sql);
}

TEST_F(EngineTest, RefusesBytesThatAreNoFragment) {
  ScriptedFeed feed;
  auto fragment = MakeFragment("SELECT i FROM t");
  for (const auto& bytes :
       {std::string(), std::string("nonsense"), fragment.bytes.substr(0, fragment.bytes.size() / 2)}) {
    fragment.bytes = bytes;
    EXPECT_FALSE(Run(fragment, MakeTask(feed)).status.ok());
  }
}

TEST_F(EngineTest, ALimitEndsATaskWhoseSplitsNeverEnd) {
  const auto fragment = MakeFragment("SELECT i FROM t WHERE i % 2 = 1 LIMIT 10");
  ScriptedFeed feed;
  feed.Give(0, {fragment.splits[0][0]});
  const auto outcome = Run(fragment, MakeTask(feed));
  ASSERT_TRUE(outcome.status.ok()) << outcome.status.ToString();
  EXPECT_EQ(outcome.rows.size(), 10u);
}

}  // namespace
}  // namespace skein::core
