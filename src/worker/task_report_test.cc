#include "worker/task_report.h"

#include <gtest/gtest.h>

#include "worker/wire_convert.h"

namespace skein::core {
namespace {

wire::StartTask StartWithRanges(uint32_t count) {
  wire::StartTask start;
  for (const auto& range : SplitEvenly(count)) *start.mutable_output()->add_ranges() = ToWire(range);
  return start;
}

UnitTrailer Unit(const std::vector<UnitPart>& parts) { return {.key = {}, .inputs = {}, .parts = parts}; }

TEST(TaskReport, CountsTheRowsOfEachRangeOverAllUnits) {
  const auto ranges = SplitEvenly(3);
  TaskResult result;
  result.units.push_back(Unit({{.range = ranges[2], .rows = 5}, {.range = ranges[0], .rows = 1}}));
  result.units.push_back(Unit({{.range = ranges[2], .rows = 7}}));
  const auto message = TaskFinishedMessage(StartWithRanges(3), result, 0, {}, {});
  const auto& rows = message.finished().rows_per_range();
  EXPECT_EQ(std::vector<uint64_t>(rows.begin(), rows.end()), (std::vector<uint64_t>{1, 0, 12}));
}

TEST(TaskReport, CarriesSpillAndOperators) {
  TaskResult result;
  result.operators = {{0, "EXCHANGE_SINK", 3, 40}};
  result.temp_bytes = 9;
  const auto message = TaskFinishedMessage(StartWithRanges(1), result, 77, {}, {});
  EXPECT_EQ(message.finished().spill_bytes(), 77u);
  EXPECT_EQ(message.finished().temp_bytes(), 9u);
  ASSERT_EQ(message.finished().operators_size(), 1);
  EXPECT_EQ(FromWire(message.finished().operators(0)), result.operators[0]);
}

}  // namespace
}  // namespace skein::core
