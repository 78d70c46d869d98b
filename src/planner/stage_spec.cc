#include "planner/stage_spec.h"

#include <map>
#include <set>
#include <utility>

#include "base/error.h"

namespace skein::core {
namespace {

constexpr uint32_t kMaxTasks = 1024;
constexpr size_t kMaxStages = 256;

arrow::Status Refuse(const StageSpec& stage, const std::string& what) {
  return UserError("stage " + std::to_string(stage.id) + ": " + what, "Invalid Input");
}

uint32_t PartitionsOf(const StageSpec& stage, uint32_t consumer_tasks) {
  return stage.output == ExchangeKind::kRange ? static_cast<uint32_t>(stage.boundaries.size()) + 1 : consumer_tasks;
}

arrow::Status CheckOutput(const StageSpec& stage, const StageSpec& consumer) {
  const auto name = "stage " + std::to_string(consumer.id);
  if (stage.output == ExchangeKind::kGather && consumer.tasks != 1) {
    return Refuse(stage,
                  "its rows are gathered, but " + name + " has " + std::to_string(consumer.tasks) + " partitions");
  }
  if (PartitionsOf(stage, consumer.tasks) != consumer.tasks) {
    return Refuse(stage, "its boundaries make " + std::to_string(PartitionsOf(stage, consumer.tasks)) +
                             " partitions, but " + name + " has " + std::to_string(consumer.tasks));
  }
  if (stage.output == ExchangeKind::kHash && stage.keys.empty()) return Refuse(stage, "a hash needs key columns");
  if (stage.output == ExchangeKind::kRange && stage.keys.size() != 1)
    return Refuse(stage, "a range needs one key column");
  return arrow::Status::OK();
}

class Sorter {
 public:
  explicit Sorter(std::map<uint32_t, StageSpec> stages) : stages_(std::move(stages)) {}

  arrow::Status Visit(uint32_t id) {
    if (is_done_.contains(id)) return arrow::Status::OK();
    auto& stage = stages_.at(id);
    if (!open_.insert(id).second) return Refuse(stage, "it depends on itself");
    for (const auto dependency : stage.dependencies) ARROW_RETURN_NOT_OK(Visit(dependency));
    is_done_.insert(id);
    sorted.push_back(stage);
    return arrow::Status::OK();
  }

  std::vector<StageSpec> sorted;

 private:
  const std::map<uint32_t, StageSpec> stages_;
  std::set<uint32_t> open_, is_done_;
};

}  // namespace

arrow::Result<std::vector<StageSpec>> OrderStages(std::vector<StageSpec> stages) {
  if (stages.empty()) return UserError("a plan has at least one stage", "Invalid Input");
  if (stages.size() > kMaxStages) return UserError("a plan has at most 256 stages", "Invalid Input");
  std::map<uint32_t, StageSpec> by_id;
  for (const auto& stage : stages) {
    if (stage.tasks < 1 || stage.tasks > kMaxTasks) return Refuse(stage, "it has 1 to 1024 partitions");
    if (!by_id.emplace(stage.id, stage).second) return Refuse(stage, "there are two of them");
  }
  std::set<uint32_t> read;
  for (const auto& stage : stages) {
    for (const auto dependency : stage.dependencies) {
      const auto producer = by_id.find(dependency);
      if (producer == by_id.end())
        return Refuse(stage, "it depends on stage " + std::to_string(dependency) + ", which is not there");
      if (!read.insert(dependency).second)
        return Refuse(producer->second, "two stages depend on it: only one can read it");
      ARROW_RETURN_NOT_OK(CheckOutput(producer->second, stage));
    }
  }
  Sorter sorter(by_id);
  for (const auto& stage : stages) ARROW_RETURN_NOT_OK(sorter.Visit(stage.id));
  if (read.size() + 1 != stages.size()) {
    return UserError("exactly one stage feeds no other: " + std::to_string(stages.size() - read.size()) + " do",
                     "Invalid Input");
  }
  // Nothing partitions what the client gets.
  auto& root = sorter.sorted.back();
  root.output = ExchangeKind::kGather;
  root.keys.clear();
  root.boundaries.clear();
  return std::move(sorter.sorted);
}

}  // namespace skein::core
