#include "api/stage_tasks.h"

#include <string>
#include <utility>

namespace skein {
namespace {

ExecuteTask::HashRange RangeOf(const core::PartitionRange& range) { return {range.low, range.high}; }

std::vector<ExecuteTask::ScanSplits> SplitsOf(const core::QueryRequest& request, const core::Stage& stage,
                                              uint32_t task) {
  std::vector<ExecuteTask::ScanSplits> scans;
  for (const auto& scan : stage.scans) {
    ExecuteTask::ScanSplits own;
    own.scan = scan.id;
    own.is_last = true;
    const auto& all = request.splits.at({stage.id, scan.id});
    for (size_t i = task; i < all.size(); i += stage.task_count) {
      own.splits.push_back({all[i].id, all[i].payload, all[i].rows});
    }
    scans.push_back(std::move(own));
  }
  return scans;
}

std::vector<ExecuteTask::Input> InputsOf(const core::QueryRequest& request, const core::Stage& stage, uint32_t task) {
  std::vector<ExecuteTask::Input> inputs;
  for (const auto id : stage.inputs) {
    const auto& exchange = request.plan.exchange(id);
    ExecuteTask::Input input;
    input.exchange = id;
    input.range = RangeOf(exchange.RangeReadBy(task));
    input.is_ordered = exchange.is_ordered;
    input.producer_tasks = request.plan.stage(exchange.producer).task_count;
    input.stored_as = exchange.stored_as();
    input.is_merged = exchange.is_merged;
    inputs.push_back(std::move(input));
  }
  return inputs;
}

}  // namespace

arrow::Result<std::vector<ExecuteTask>> MakeStageTasks(const core::QueryRequest& request, uint32_t stage) {
  if (stage >= request.plan.stages.size()) return arrow::Status::Invalid("the plan has no stage ", stage);
  const auto& of_plan = request.plan.stage(stage);
  const auto& output = request.plan.exchange(of_plan.output);
  const auto query = core::QueryId::Random().ToString();
  std::vector<ExecuteTask> tasks;
  for (uint32_t task = 0; task < of_plan.task_count; task++) {
    ExecuteTask one;
    one.task.id = {query, stage, task};
    one.task_count = of_plan.task_count;
    one.fragment = request.fragments.at(stage);
    one.inputs = InputsOf(request, of_plan, task);
    one.output.exchange = of_plan.output;
    for (const auto& range : output.RangesMadeBy(task)) one.output.ranges.push_back(RangeOf(range));
    one.scans = SplitsOf(request, of_plan, task);
    tasks.push_back(std::move(one));
  }
  return tasks;
}

}  // namespace skein
