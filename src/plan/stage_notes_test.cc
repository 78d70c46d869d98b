#include <gtest/gtest.h>

#include "plan/stage_tree.h"

namespace skein::core {
namespace {

DistributedPlan OneStage() {
  DistributedPlan plan;
  plan.stages.resize(1);
  plan.stages[0].operators = {{0, "SCAN", "t", {}, {}, {}}};
  plan.exchanges.resize(1);
  plan.exchanges[0].consumer = Exchange::kClient;
  plan.exchanges[0].ranges = {PartitionRange::All()};
  return plan;
}

TEST(StageNotes, StandBelowTheLineOfTheirStage) {
  const auto tree = ToStageTree(OneStage(), {{0, {"first", "second"}}});
  const auto stage = tree.find("Stage 0"), first = tree.find("\n  | first\n  | second\n"), scan = tree.find("SCAN");
  ASSERT_NE(first, std::string::npos) << tree;
  EXPECT_LT(stage, first);
  EXPECT_LT(first, scan);
}

TEST(StageNotes, OfOtherStagesChangeNothing) {
  EXPECT_EQ(ToStageTree(OneStage(), {{5, {"foreign"}}}), ToStageTree(OneStage()));
}

}  // namespace
}  // namespace skein::core
