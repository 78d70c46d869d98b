#include "worker/lone_task.h"

#include <algorithm>
#include <atomic>
#include <string>
#include <utility>

#include "base/error.h"
#include "base/mutex.h"
#include "worker/wire_convert.h"

namespace skein::core {
namespace {

constexpr std::chrono::milliseconds kLook{1000};  // how often a wait looks again

/// Stands for the coordinator: keeps the last report, and has no more splits.
class Reports {
 public:
  void Take(const wire::FromWorker& message) {
    if (message.has_split_request()) {
      wire::ScanSplits none;
      none.set_scan(message.split_request().scan());
      none.set_is_last(true);
      if (auto* runner = runner_.load()) runner->GiveSplits(none);
      return;
    }
    MutexLock lock(mutex_);
    last_ = message;
  }
  void SetRunner(TaskRunner* runner) { runner_ = runner; }
  wire::FromWorker last() {
    MutexLock lock(mutex_);
    return last_;
  }

 private:
  std::atomic<TaskRunner*> runner_{nullptr};
  Mutex mutex_;
  wire::FromWorker last_ GUARDED_BY(mutex_);
};

arrow::Result<std::vector<Block>> BlocksOf(RetainedStore& store, const ProducerKey& producer) {
  std::vector<Block> blocks;
  ARROW_ASSIGN_OR_RAISE(const auto reader, store.Read(producer, PartitionRange::All()));
  while (true) {
    ARROW_ASSIGN_OR_RAISE(auto item, reader->Next(kLook));
    if (!item || item->kind == UnitReader::Item::kEnd) return blocks;
    if (item->kind == UnitReader::Item::kBlock) blocks.push_back(std::move(item->block));
  }
}

arrow::Status CheckInputs(const wire::StartTask& start) {
  for (const auto& input : start.inputs()) {
    if (static_cast<uint32_t>(input.producers_size()) == input.producer_tasks()) continue;
    return UserError("the task's input " + std::to_string(input.exchange()) + " names " +
                     std::to_string(input.producers_size()) + " producers, of which there are " +
                     std::to_string(input.producer_tasks()));
  }
  return start.output().ranges().empty() ? UserError("the task's output has no range") : arrow::Status::OK();
}

/// Waits for the end of the run; says if it had to be cancelled for its time.
arrow::Status WaitFor(TaskRunner& runner, std::chrono::milliseconds limit) {
  arrow::Status in_time;
  const auto deadline = std::chrono::steady_clock::now() + limit;
  while (!runner.WaitUntilReported(std::min(limit, kLook))) {
    if (std::chrono::steady_clock::now() < deadline) continue;
    in_time = WorldError("the task ran longer than its time-out: after_ms=" + std::to_string(limit.count()));
    runner.Cancel(in_time);
  }
  return in_time;
}

}  // namespace

arrow::Result<LoneTask> RunLoneTask(TaskEnvironment& environment, wire::StartTask start,
                                    std::chrono::milliseconds limit) {
  start.mutable_name()->set_incarnation(environment.incarnation);
  for (auto& scan : *start.mutable_scans()) scan.set_is_last(true);
  ARROW_ASSIGN_OR_RAISE(const auto key, FromWire(start.name()));
  ARROW_RETURN_NOT_OK(CheckInputs(start));
  const ProducerKey producer{key.query, start.output().exchange(), key.task, key.attempt};
  const std::string fragment = start.fragment();  // the run takes the other one
  LoneTask done;
  arrow::Status in_time;
  {
    Reports reports;
    TaskRunner runner(environment, key, std::move(start),
                      [&reports](const wire::FromWorker& message) { reports.Take(message); });
    reports.SetRunner(&runner);
    runner.Start();
    in_time = WaitFor(runner, limit);
    done.report = reports.last();
  }
  // The report of a cancelled task says no more than that.
  if (done.report.has_failed() && !in_time.ok()) return in_time;
  if (done.report.has_failed()) return FromWire(done.report.failed().error());
  ARROW_ASSIGN_OR_RAISE(const auto blocks, BlocksOf(environment.store, producer));
  ARROW_ASSIGN_OR_RAISE(done.rows, environment.engine.ToArrow(fragment, blocks));
  return done;
}

}  // namespace skein::core
