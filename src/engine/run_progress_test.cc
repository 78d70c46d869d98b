// Where a run stands, and runs in plain order.
#include "engine/run_progress.h"

#include <thread>

#include "engine/fragment_fixture.h"

namespace skein::core {
namespace {

TEST(RunProgress, CountsTheSourcesThatWereAskedBefore) {
  RunProgressLog log;
  log.TurnToScan(4);
  log.EndScan(4);
  log.TurnToExchange(4);
  EXPECT_EQ(log.Get().position, (ErrorPosition{1, 0}));
}

TEST(RunProgress, StandsBehindTheSplitsOfAScanThatHasEnded) {
  RunProgressLog log;
  log.TurnToScan(0);
  log.BeginSplit(0, 3);
  EXPECT_EQ(log.Get().position, (ErrorPosition{0, 3}));
  log.EndSplit(0, 3);
  log.EndScan(0);
  EXPECT_EQ(log.Get().position, (ErrorPosition{0, ErrorPosition::kAfterSplits}));
}

TEST(RunProgress, TellsOpenSplitsFromThoseThatHaveEnded) {
  RunProgressLog log;
  log.TurnToScan(0);
  log.BeginSplit(0, 3);
  log.BeginSplit(0, 5);
  log.EndSplit(0, 3);
  const auto begun = log.Get().begun;
  ASSERT_EQ(begun.size(), 2u);
  EXPECT_FALSE(begun[0].is_open);
  EXPECT_TRUE(begun[1].is_open);
  EXPECT_EQ(log.ended_splits(), 1u);
}

class PlainOrder : public FragmentFixture {
 protected:
  /// Row groups 2, 4 and 7 hold a text that is no number.
  PlainOrder() {
    Write("bad.parquet",
          "SELECT i, CASE WHEN i IN (5000, 9000, 15000) THEN 'bad at ' || i ELSE i::VARCHAR END AS s FROM "
          "range(20000) r(i)");
    client_.Ask("CREATE VIEW bad AS FROM read_parquet('" + dir_.path("bad.parquet") + "')");
  }

  /// Runs a fragment in plain order to its error.
  void RunToError(const std::string& sql) {
    const auto fragment = MakeFragment(sql);
    ScriptedFeed feed;
    GiveAll(feed, fragment);
    auto task = MakeTask(feed);
    task.is_in_plain_order = true;
    auto run = *engine_->Prepare(fragment.bytes, task);
    status_ = run->Run().status();
    progress_ = run->progress();
  }

  arrow::Status status_;
  RunProgress progress_;
};

TEST_F(PlainOrder, MeetsTheErrorOfTheFirstSplit) {
  RunToError("SELECT sum(s::INTEGER) FROM bad");
  ExpectError(status_, Fault::kUser, "Conversion", "'bad at 5000'");
  EXPECT_EQ(progress_.position, (ErrorPosition{0, 2}));
}

TEST_F(PlainOrder, NamesTheSplitOfARowThatAFilterWouldKeepBack) {
  RunToError("SELECT s::INTEGER FROM bad WHERE i % 1000 = 0");
  ExpectError(status_, Fault::kUser, "Conversion", "'bad at 5000'");
  EXPECT_EQ(progress_.position, (ErrorPosition{0, 2}));
}

TEST_F(PlainOrder, ReadsTheBuildSideOfAJoinFirst) {
  RunToError("SELECT count(*) FROM bad a JOIN (FROM bad WHERE i < 19000) b ON a.s::INTEGER = b.s::INTEGER + 1");
  EXPECT_EQ(progress_.position, (ErrorPosition{0, 2}));
}

TEST_F(PlainOrder, EndsWhenItIsCancelledWhileItWaitsForSplits) {
  const auto fragment = MakeFragment("SELECT sum(i) FROM bad");
  ScriptedFeed feed;
  auto task = MakeTask(feed);
  task.is_in_plain_order = true;
  auto run = *engine_->Prepare(fragment.bytes, task);
  std::thread canceller([&] {
    EXPECT_TRUE(feed.WaitUntilAsked());
    feed.Fail(CancelledError("cancelled"));
    run->Cancel();
  });
  EXPECT_TRUE(run->Run().status().IsCancelled());
  canceller.join();
}

}  // namespace
}  // namespace skein::core
