#include "coordinator/stage_lines.h"

#include <gtest/gtest.h>

namespace skein::core {
namespace {

using Lines = std::vector<std::string>;

StageInfo MakeStage() {
  StageInfo stage;
  stage.state = "finished";
  stage.tasks = 2;
  stage.wall_us = 12340;
  stage.cpu_us = 2'500'000;
  stage.rows_in = 600;
  stage.bytes_in = 10;
  stage.rows_out = 7;
  stage.bytes_out = 1536;
  stage.skew = 1.25;
  stage.spill_bytes = uint64_t{3} << 30;
  return stage;
}

TEST(StageLines, SayTimeSkewRowsBytesAndSpill) {
  EXPECT_EQ(FigureLines(MakeStage()),
            (Lines{"2 tasks finished, wall 12.3 ms, cpu 2.50 s, skew 1.25", "in 600 rows, 10 B", "out 7 rows, 1.5 KiB",
                   "spilled 3.0 GiB, DuckDB's temporary files 0 B"}));
}

TEST(StageLines, LeaveOutTheSkewOfNoRows) {
  auto stage = MakeStage();
  stage.tasks = 1;
  stage.skew.reset();
  EXPECT_EQ(FigureLines(stage)[0], "1 task finished, wall 12.3 ms, cpu 2.50 s");
}

TEST(StageLines, ShowTheOperatorsAsATree) {
  auto stage = MakeStage();
  stage.profile = {{0, "EXCHANGE_SINK", 7, 100}, {1, "SPLIT_SCAN", 600, 2000}};
  const auto lines = FigureLines(stage);
  ASSERT_EQ(lines.size(), 6u);
  EXPECT_EQ(lines[4], "EXCHANGE_SINK  7 rows, 0.1 ms");
  EXPECT_EQ(lines[5], "  SPLIT_SCAN   600 rows, 2.0 ms");
}

}  // namespace
}  // namespace skein::core
