#include "coordinator/task_table.h"

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "worker/wire_convert.h"

namespace skein::core {

TaskTable::TaskTable(const DistributedPlan& plan, const QueryId& query, std::vector<QueryWorker> workers,
                     uint64_t rotation)
    : query_(query), workers_(std::move(workers)) {
  for (const auto& exchange : plan.exchanges) {
    if (exchange.is_from_client()) homes_[exchange.id] = (rotation + exchange.id) % workers_.size();
  }
  for (const auto& stage : plan.stages) {
    auto& tasks = stages_.emplace_back();
    for (uint32_t task = 0; task < stage.task_count; task++) {
      const uint64_t turn = stage.task_count == 1 ? rotation + stage.id : task;
      const size_t worker = turn % workers_.size();
      tasks.push_back({.key = {query, stage.id, task, 0, workers_[worker].incarnation}, .worker = worker});
    }
  }
}

uint32_t TaskTable::task_count() const {
  uint32_t count = 0;
  for (const auto& tasks : stages_) count += static_cast<uint32_t>(tasks.size());
  return count;
}

uint32_t TaskTable::CountOn(size_t worker) const {
  uint32_t count = 0;
  for (const auto& tasks : stages_) {
    for (const auto& task : tasks) count += task.worker == worker;
  }
  return count;
}

arrow::Status TaskTable::CheckSlots() const {
  for (size_t i = 0; i < workers_.size(); i++) {
    const auto& worker = workers_[i];
    const auto tasks = CountOn(i);
    if (worker.task_slots == 0 || tasks <= worker.task_slots) continue;
    return UserError("the query has more tasks on a worker than it admits: tasks=" + std::to_string(tasks) +
                     " limit=" + std::to_string(worker.task_slots) + " worker=" + std::to_string(worker.worker) +
                     " address=" + worker.address + "; use fewer partitions or more workers");
  }
  return arrow::Status::OK();
}

bool TaskTable::IsUsed(size_t worker) const {
  return CountOn(worker) > 0 ||
         std::any_of(homes_.begin(), homes_.end(), [&](const auto& home) { return home.second == worker; });
}

bool TaskTable::IsHome(size_t worker, ExchangeId exchange) const {
  const auto home = homes_.find(exchange);
  return home != homes_.end() && home->second == worker;
}

TaskEntry* TaskTable::Find(const TaskKey& key) {
  if (key.stage >= stages_.size() || key.task >= stages_[key.stage].size()) return nullptr;
  auto& task = stages_[key.stage][key.task];
  return task.key == key ? &task : nullptr;
}

bool TaskTable::IsStageFinished(StageId stage) const {
  return std::all_of(stages_[stage].begin(), stages_[stage].end(),
                     [](const TaskEntry& task) { return task.state == TaskState::kFinished; });
}

bool TaskTable::AreAllFinished() const {
  for (StageId stage = 0; stage < stages_.size(); stage++) {
    if (!IsStageFinished(stage)) return false;
  }
  return true;
}

std::vector<Producer> TaskTable::ProducersOf(const Exchange& exchange) const {
  std::vector<Producer> producers;
  const auto add = [&](size_t at, uint32_t task, AttemptId attempt) {
    const auto& worker = workers_[at];
    producers.push_back({.address = worker.data_address,
                         .worker = worker.worker,
                         .task = task,
                         .attempt = attempt,
                         .incarnation = worker.incarnation});
  };
  if (exchange.is_from_client()) {
    add(homes_.at(exchange.id), 0, 0);
  } else {
    for (const auto& task : stages_[exchange.producer]) add(task.worker, task.key.task, task.key.attempt);
  }
  return producers;
}

const wire::TaskName* TaskOf(const wire::FromWorker& message) {
  if (message.has_split_request()) return &message.split_request().name();
  if (message.has_progress()) return &message.progress().name();
  if (message.has_finished()) return &message.finished().name();
  return message.has_failed() ? &message.failed().name() : nullptr;
}

namespace {

void FillInput(const Exchange& exchange, const TaskTable& tasks, const TaskEntry& task, wire::InputSpec& input) {
  input.set_exchange(exchange.id);
  input.set_stored_as(exchange.stored_as());
  *input.mutable_range() = ToWire(exchange.RangeReadBy(task.key.task));
  input.set_is_ordered(exchange.is_ordered);
  input.set_is_merged(exchange.is_merged);
  const auto producers = tasks.ProducersOf(exchange);
  input.set_producer_tasks(static_cast<uint32_t>(producers.size()));
  for (const auto& producer : producers) *input.add_producers() = ToWire(producer);
}

}  // namespace

wire::StartTask MakeStartTask(const QueryRequest& request, const TaskTable& tasks, const TaskEntry& task) {
  const auto& plan = request.plan;
  const auto& stage = plan.stage(task.key.stage);
  wire::StartTask start;
  *start.mutable_name() = ToWire(task.key);
  start.set_task_count(stage.task_count);
  start.set_is_profiled(request.is_profiled);
  if (const auto fragment = request.fragments.find(stage.id); fragment != request.fragments.end()) {
    start.set_fragment(fragment->second);
  }
  for (const auto input : stage.inputs) FillInput(plan.exchange(input), tasks, task, *start.add_inputs());
  start.mutable_output()->set_exchange(stage.output);
  for (const auto& range : plan.exchange(stage.output).RangesMadeBy(task.key.task)) {
    *start.mutable_output()->add_ranges() = ToWire(range);
  }
  return start;
}

}  // namespace skein::core
