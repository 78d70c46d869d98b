#include "coordinator/stage_figures.h"

#include <algorithm>
#include <string>

namespace skein::core {
namespace {

std::string OperatorLine(const Stage& stage) {
  std::string line;
  for (const auto& op : stage.operators) {
    if (!line.empty()) line += ", ";
    line += op.name;
    if (!op.detail.empty()) line += " " + op.detail;
  }
  return line;
}

std::string StateOf(const std::vector<const TaskInfo*>& tasks) {
  const auto count = [&](const char* state) {
    return std::count_if(tasks.begin(), tasks.end(), [&](const TaskInfo* task) { return task->state == state; });
  };
  const auto all = static_cast<std::ptrdiff_t>(tasks.size());
  if (count("failed") > 0) return "failed";
  if (count("cancelled") > 0) return "cancelled";
  if (count("waiting") == all) return "waiting";
  return count("finished") == all ? "finished" : "running";
}

void AddTask(const TaskInfo& task, StageInfo& stage) {
  stage.rows_in += task.rows_in;
  stage.rows_out += task.rows_out;
  stage.bytes_in += task.bytes_in;
  stage.bytes_out += task.bytes_out;
  stage.spill_bytes += task.spill_bytes;
  stage.wall_us = std::max(stage.wall_us, task.wall_us);
  stage.cpu_us += task.cpu_us;
  stage.temp_bytes = std::max(stage.temp_bytes, task.temp_bytes);
  AddOperators(task.operators, stage.profile);
}

}  // namespace

std::vector<StageInfo> DescribeStages(const QueryId& query, const DistributedPlan& plan) {
  std::vector<StageInfo> infos;
  for (const auto& stage : plan.stages) {
    StageInfo info;
    info.query = query;
    info.stage = stage.id;
    info.state = "waiting";
    info.tasks = stage.task_count;
    info.operators = OperatorLine(stage);
    info.exchange = plan.exchange(stage.output).kind;
    info.keys = plan.exchange(stage.output).keys;
    info.replay_class = stage.replay_class;
    info.is_barrier = stage.is_barrier;
    info.single_reason = stage.single_reason;
    infos.push_back(std::move(info));
  }
  return infos;
}

void SummarizeTasks(const std::vector<TaskInfo>& tasks, StageInfo& stage) {
  std::vector<const TaskInfo*> own;
  uint64_t most_rows = 0;
  for (const auto& task : tasks) {
    if (task.stage != stage.stage) continue;
    own.push_back(&task);
    AddTask(task, stage);
    most_rows = std::max(most_rows, task.rows_in);
  }
  stage.state = StateOf(own);
  if (stage.rows_in == 0) return;
  stage.skew = static_cast<double>(most_rows) * static_cast<double>(own.size()) / static_cast<double>(stage.rows_in);
}

ClusterStatus SummarizeWorkers(const std::vector<WorkerInfo>& workers) {
  ClusterStatus status;
  double busy_threads = 0;
  status.total_workers = static_cast<uint32_t>(workers.size());
  for (const auto& worker : workers) {
    if (worker.state != "ready") continue;
    status.active_workers++;
    status.threads += worker.threads;
    status.task_slots += worker.task_slots;
    status.running_tasks += worker.running_tasks;
    busy_threads += worker.utilisation * worker.threads;
  }
  if (status.threads > 0) status.utilisation = busy_threads / status.threads;
  return status;
}

}  // namespace skein::core
