#include "plan/stage_json.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "plan/plan_fixture.h"

namespace skein::core {
namespace {

nlohmann::json JsonOf(const DistributedPlan& plan) { return nlohmann::json::parse(ToStageJson(plan)); }

TEST(StageJson, HasEveryFactOfAStage) {
  auto plan = MakePlan();
  plan.stages[0].single_reason = "a reason";
  EXPECT_EQ(JsonOf(plan)["stages"][0], nlohmann::json::parse(R"({
    "id": 0, "tasks": 3, "barrier": false, "replay": "stream", "single": "a reason", "output": 0,
    "operators": {"name": "FILTER", "detail": "a > 1", "estimated_rows": 1200,
                  "children": [{"name": "SCAN", "detail": "lineitem", "estimated_rows": 60175, "scan": 0}]}})"));
}

TEST(StageJson, HasEveryFactOfAnExchange) {
  EXPECT_EQ(JsonOf(MakePlan())["exchanges"][0], nlohmann::json::parse(R"({
    "id": 0, "kind": "hash", "ordered": false, "keys": "#0", "ranges": 2, "from": 0, "to": 1})"));
}

TEST(StageJson, NamesTheClientAtBothEnds) {
  const auto exchanges = JsonOf(MakePlanWithClientRows())["exchanges"];
  EXPECT_EQ(exchanges[1]["to"], "client");
  EXPECT_EQ(exchanges[2]["from"], "client");
}

TEST(StageJson, NestsOperatorsByDepth) {
  const auto join = JsonOf(MakePlanWithClientRows())["stages"][1]["operators"];
  ASSERT_EQ(join["children"].size(), 2u);
  EXPECT_EQ(join["children"][0]["children"][0]["exchange"], 0);
  EXPECT_EQ(join["children"][1]["exchange"], 2);
}

}  // namespace
}  // namespace skein::core
