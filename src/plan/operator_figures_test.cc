#include "plan/operator_figures.h"

#include <gtest/gtest.h>

namespace skein::core {
namespace {

using Tree = std::vector<OperatorFigures>;

TEST(OperatorFigures, AreSummedOverTasksOfOneShape) {
  Tree stage;
  AddOperators({{0, "SINK", 3, 10}, {1, "SCAN", 5, 20}}, stage);
  AddOperators({{0, "SINK", 4, 1}, {1, "SCAN", 6, 2}}, stage);
  EXPECT_EQ(stage, (Tree{{0, "SINK", 7, 11}, {1, "SCAN", 11, 22}}));
}

TEST(OperatorFigures, KeepATreeOfAnotherShapeApart) {
  Tree stage;
  AddOperators({{0, "SINK", 3, 10}, {1, "SCAN", 5, 20}}, stage);
  AddOperators({{0, "SINK", 4, 1}}, stage);
  AddOperators({{0, "SINK", 1, 1}}, stage);
  EXPECT_EQ(stage, (Tree{{0, "SINK", 3, 10}, {1, "SCAN", 5, 20}, {0, "SINK", 5, 2}}));
}

TEST(OperatorFigures, OfATaskThatWasNotProfiledChangeNothing) {
  Tree stage{{0, "SINK", 3, 10}};
  AddOperators({}, stage);
  EXPECT_EQ(stage, (Tree{{0, "SINK", 3, 10}}));
}

}  // namespace
}  // namespace skein::core
