#include "coordinator/split_ledger.h"

#include <gtest/gtest.h>

namespace skein::core {
namespace {

constexpr SplitLedger::Scan kScan{0, 0};

DistributedPlan OneScan() {
  DistributedPlan plan;
  plan.stages.resize(1);
  plan.stages[0].task_count = 2;
  plan.stages[0].scans = {{0, "lineitem"}};
  return plan;
}

SplitLedger MakeLedger(uint32_t count) {
  std::map<SplitLedger::Scan, std::vector<Split>> splits;
  for (SplitId id = 0; id < count; id++) splits[kScan].push_back({.id = id, .payload = "", .rows = 10});
  return SplitLedger(OneScan(), std::move(splits));
}

std::vector<UnitInput> InputsOf(const std::vector<Split>& splits) {
  std::vector<UnitInput> inputs;
  for (const auto& split : splits) inputs.push_back({0, split.id});
  return inputs;
}

TEST(SplitLedger, GivesEachSplitOnce) {
  auto ledger = MakeLedger(10);
  std::set<SplitId> seen;
  for (uint32_t turn = 0; turn < 8; turn++) {
    for (const auto& split : ledger.Take(kScan, turn % 2, 0, 3)) EXPECT_TRUE(seen.insert(split.id).second);
  }
  EXPECT_EQ(seen.size(), 10u);
  EXPECT_EQ(ledger.given(0, 0) + ledger.given(0, 1), 10u);
  EXPECT_TRUE(ledger.TellIsLast(kScan, 0));
}

TEST(SplitLedger, AcceptsTasksThatReadWhatTheyWereGiven) {
  auto ledger = MakeLedger(5);
  const auto first = ledger.Take(kScan, 0, 0, 3), second = ledger.Take(kScan, 1, 0, 3);
  EXPECT_TRUE(ledger.TellIsLast(kScan, 0) && ledger.TellIsLast(kScan, 1));
  EXPECT_TRUE(ledger.Finish(0, 0, 0, InputsOf(first), {}).ok());
  EXPECT_TRUE(ledger.Finish(0, 1, 0, InputsOf(second), {}).ok());
  EXPECT_TRUE(ledger.CheckStage(0).ok());
}

TEST(SplitLedger, NamesASplitThatWasGivenAndNotRead) {
  auto ledger = MakeLedger(3);
  auto inputs = InputsOf(ledger.Take(kScan, 1, 0, 3));
  ledger.TellIsLast(kScan, 1);
  inputs.erase(inputs.begin() + 1);
  const auto status = ledger.Finish(0, 1, 0, inputs, {});
  EXPECT_EQ(status.message(), "a split was given and not read: stage=0 scan=0 split=1 task=1 attempt=0");
}

TEST(SplitLedger, NamesASplitThatAnotherTaskRead) {
  auto ledger = MakeLedger(2);
  const auto first = ledger.Take(kScan, 0, 0, 1);
  EXPECT_NE(ledger.Finish(0, 1, 0, InputsOf(first), {}).message().find("not given to: stage=0 scan=0 split=0 task=1"),
            std::string::npos);
}

TEST(SplitLedger, NamesASplitThatWasReadTwice) {
  auto ledger = MakeLedger(1);
  ledger.Take(kScan, 0, 0, 1);
  EXPECT_EQ(ledger.Finish(0, 0, 0, {{0, 0}, {0, 0}}, {}).message(),
            "a split was read twice: stage=0 scan=0 split=0 task=0 attempt=0");
}

TEST(SplitLedger, NamesASplitThatDoesNotExist) {
  auto ledger = MakeLedger(1);
  EXPECT_FALSE(ledger.Finish(0, 0, 0, {{0, 7}}, {}).ok());
  EXPECT_FALSE(ledger.Finish(0, 0, 0, {{3, 0}}, {}).ok());
}

TEST(SplitLedger, NamesASplitThatNoTaskRead) {
  auto ledger = MakeLedger(1);
  EXPECT_EQ(ledger.CheckStage(0).message(), "a split was read by no task: stage=0 scan=0 split=0");
}

TEST(SplitLedger, ClaimsNoCoverageOfATaskThatStoppedEarly) {
  auto unasked = MakeLedger(5);
  EXPECT_TRUE(unasked.Finish(0, 0, 0, InputsOf(unasked.Take(kScan, 0, 0, 2)), {}).ok());
  EXPECT_TRUE(unasked.CheckStage(0).ok());
  auto unread = MakeLedger(2);
  unread.Take(kScan, 0, 0, 2);
  unread.TellIsLast(kScan, 0);
  EXPECT_TRUE(unread.Finish(0, 0, 0, {{0, 0}}, {0}).ok());
  EXPECT_TRUE(unread.CheckStage(0).ok());
}

}  // namespace
}  // namespace skein::core
