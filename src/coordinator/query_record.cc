#include "coordinator/query_record.h"

#include <algorithm>
#include <utility>

#include "coordinator/stage_figures.h"

namespace skein::core {
namespace {

uint64_t MicrosecondsBetween(SteadyTime start, SteadyTime end) {
  return static_cast<uint64_t>(std::chrono::duration_cast<std::chrono::microseconds>(end - start).count());
}

}  // namespace

QueryRecord::QueryRecord(QueryInfo query, std::vector<StageInfo> stages, std::vector<TaskInfo> tasks, SteadyTime start)
    : start_(start), stages_(std::move(stages)), query_(std::move(query)), tasks_(std::move(tasks)) {
  query_.state = "running";
  query_.tasks = static_cast<uint32_t>(tasks_.size());
  for (auto& task : tasks_) task.state = "waiting";
}

void QueryRecord::End(const std::string& state, const std::string& error, SteadyTime now) {
  MutexLock lock(mutex_);
  query_.state = state;
  query_.error = error;
  query_.wall_us = MicrosecondsBetween(start_, now);
  for (auto& task : tasks_) {
    if (task.state == "waiting" || task.state == "running") task.state = "cancelled";
  }
}

void QueryRecord::AddUploaded(uint64_t bytes) {
  MutexLock lock(mutex_);
  uploaded_bytes_ += bytes;
  query_.shuffle_bytes += bytes;
}

void QueryRecord::UpdateTask(StageId stage, uint32_t task, const std::function<void(TaskInfo&)>& change) {
  MutexLock lock(mutex_);
  query_.shuffle_bytes = uploaded_bytes_;
  for (auto& info : tasks_) {
    if (info.stage == stage && info.task == task) change(info);
    query_.shuffle_bytes += info.bytes_out;
  }
}

bool QueryRecord::is_running() const {
  MutexLock lock(mutex_);
  return query_.state == "running";
}

QueryInfo QueryRecord::Query(SteadyTime now) const {
  MutexLock lock(mutex_);
  QueryInfo query = query_;
  if (query.state == "running") query.wall_us = MicrosecondsBetween(start_, now);
  return query;
}

std::vector<TaskInfo> QueryRecord::Tasks() const {
  MutexLock lock(mutex_);
  return tasks_;
}

std::vector<StageInfo> QueryRecord::Stages() const {
  const auto tasks = Tasks();
  auto stages = stages_;
  for (auto& stage : stages) SummarizeTasks(tasks, stage);
  return stages;
}

void QueryHistory::Add(std::shared_ptr<QueryRecord> record) {
  MutexLock lock(mutex_);
  records_.push_back(std::move(record));
  size_t ended = std::count_if(records_.begin(), records_.end(), [](const auto& r) { return !r->is_running(); });
  for (auto at = records_.begin(); ended > kMaxEnded && at != records_.end();) {
    if ((*at)->is_running()) {
      ++at;
    } else {
      at = records_.erase(at);
      ended--;
    }
  }
}

std::deque<std::shared_ptr<QueryRecord>> QueryHistory::Copy() const {
  MutexLock lock(mutex_);
  return records_;
}

std::vector<QueryInfo> QueryHistory::Queries(SteadyTime now) const {
  std::vector<QueryInfo> queries;
  for (const auto& record : Copy()) queries.push_back(record->Query(now));
  return queries;
}

std::vector<TaskInfo> QueryHistory::Tasks() const {
  std::vector<TaskInfo> all;
  for (const auto& record : Copy()) {
    const auto tasks = record->Tasks();
    all.insert(all.end(), tasks.begin(), tasks.end());
  }
  return all;
}

std::vector<StageInfo> QueryHistory::Stages() const {
  std::vector<StageInfo> all;
  for (const auto& record : Copy()) {
    const auto stages = record->Stages();
    all.insert(all.end(), stages.begin(), stages.end());
  }
  return all;
}

uint32_t QueryHistory::CountRunning() const {
  const auto records = Copy();
  return static_cast<uint32_t>(
      std::count_if(records.begin(), records.end(), [](const auto& record) { return record->is_running(); }));
}

}  // namespace skein::core
