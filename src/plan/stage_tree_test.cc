#include "plan/stage_tree.h"

#include <gtest/gtest.h>

#include "plan/plan_fixture.h"

namespace skein::core {
namespace {

TEST(StageTree, PrintsStagesFromTheClientToTheScans) {
  EXPECT_EQ(ToStageTree(MakePlan()),
            "Client\n"
            "  ◂ gather from stage 1\n"
            "\n"
            "Stage 1: 2 tasks · barrier · replay hold\n"
            "  AGGREGATE\n"
            "  ◂ hash(#0) in 2 ranges from stage 0  ~1,200 rows\n"
            "\n"
            "Stage 0: 3 tasks · replay stream\n"
            "  FILTER a > 1    ~1,200 rows\n"
            "  SCAN lineitem  ~60,175 rows\n");
}

TEST(StageTree, BranchesWhereAnOperatorHasTwoInputs) {
  const auto tree = ToStageTree(MakePlanWithClientRows());
  const std::string text =
      "  JOIN INNER\n"
      "  ├─ AGGREGATE\n"
      "  │  ◂ hash(#0) in 2 ranges from stage 0\n"
      "  └─ ◂ round-robin in 2 ranges from the client\n";
  EXPECT_NE(tree.find(text), std::string::npos) << tree;
}

TEST(StageTree, PutsNotesUnderTheHeaderOfTheirStage) {
  const auto tree = ToStageTree(MakePlan(), {{0, {"first figure", "second figure"}}});
  const std::string text = "replay stream\n  | first figure\n  | second figure\n  FILTER";
  EXPECT_NE(tree.find(text), std::string::npos) << tree;
}

TEST(StageTree, SaysWhyAStageIsSingle) {
  auto plan = MakePlan();
  plan.stages[1].single_reason = "no rule for WINDOW";
  const auto tree = ToStageTree(plan);
  EXPECT_NE(tree.find("(no rule for WINDOW) · barrier"), std::string::npos) << tree;
}

TEST(StageTree, SaysThatRowsAreOrdered) {
  auto plan = MakePlan();
  plan.exchanges[1].is_ordered = true;
  const auto tree = ToStageTree(plan);
  EXPECT_NE(tree.find("◂ ordered gather from stage 1"), std::string::npos) << tree;
}

TEST(StageTree, SaysThatSortedRowsAreMerged) {
  auto plan = MakePlan();
  plan.exchanges[1].is_merged = true;
  EXPECT_NE(ToStageTree(plan).find("◂ merging gather from stage 1"), std::string::npos) << ToStageTree(plan);
}

TEST(StageTree, PrintsAStageThatIsReadTwiceOnce) {
  const auto tree = ToStageTree(MakePlanWithSharedRows());
  const std::string text =
      "  JOIN INNER\n"
      "  ├─ ◂ hash(#0) in 2 ranges from stage 0\n"
      "  └─ ◂ broadcast from stage 0\n";
  EXPECT_NE(tree.find(text), std::string::npos) << tree;
  EXPECT_EQ(tree.find("Stage 0"), tree.rfind("Stage 0"));
}

}  // namespace
}  // namespace skein::core
