#include "plan/stage_json.h"

#include <nlohmann/json.hpp>

namespace skein::core {
namespace {

using Json = nlohmann::ordered_json;

Json ToJson(const OperatorSummary& op) {
  Json json;
  json["name"] = op.name;
  if (!op.detail.empty()) json["detail"] = op.detail;
  if (op.estimated_rows) json["estimated_rows"] = *op.estimated_rows;
  if (op.exchange) json["exchange"] = *op.exchange;
  if (op.scan) json["scan"] = *op.scan;
  return json;
}

// Takes the operator at `at` and, by their depth, those below it; leaves `at` behind them.
Json TakeTree(const std::vector<OperatorSummary>& operators, size_t& at) {
  const auto depth = operators[at].depth;
  auto json = ToJson(operators[at++]);
  auto children = Json::array();
  while (at < operators.size() && operators[at].depth > depth) children.push_back(TakeTree(operators, at));
  if (!children.empty()) json["children"] = std::move(children);
  return json;
}

Json ToJson(const Stage& stage) {
  Json json;
  json["id"] = stage.id;
  json["tasks"] = stage.task_count;
  json["barrier"] = stage.is_barrier;
  json["replay"] = ToString(stage.replay_class);
  if (!stage.single_reason.empty()) json["single"] = stage.single_reason;
  json["output"] = stage.output;
  size_t at = 0;
  if (!stage.operators.empty()) json["operators"] = TakeTree(stage.operators, at);
  return json;
}

Json EndOf(StageId stage) {
  if (stage == Exchange::kClient) return "client";
  return stage == Exchange::kShared ? Json("shared") : Json(stage);
}

Json ToJson(const Exchange& exchange) {
  Json json;
  json["id"] = exchange.id;
  json["kind"] = ToString(exchange.kind);
  json["ordered"] = exchange.is_ordered;
  if (exchange.is_merged) json["merged"] = true;
  if (exchange.shared_from) json["shared_from"] = *exchange.shared_from;
  json["keys"] = exchange.keys;
  json["ranges"] = exchange.ranges.size();
  json["from"] = EndOf(exchange.producer);
  if (!exchange.client_reason.empty()) json["client_reason"] = exchange.client_reason;
  json["to"] = EndOf(exchange.consumer);
  return json;
}

}  // namespace

std::string ToStageJson(const DistributedPlan& plan) {
  Json json;
  json["version"] = plan.version;
  json["stages"] = Json::array();
  for (const auto& stage : plan.stages) json["stages"].push_back(ToJson(stage));
  json["exchanges"] = Json::array();
  for (const auto& exchange : plan.exchanges) json["exchanges"].push_back(ToJson(exchange));
  return json.dump(2, ' ', false, Json::error_handler_t::replace);
}

}  // namespace skein::core
