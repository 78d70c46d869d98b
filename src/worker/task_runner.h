// The life of one attempt at one task: builds its inputs and its split queue, has the engine run the fragment on a
// thread of its own, ends the task's output in the store, then reports. Shared by the table of tasks and whoever hands
// it a message; any thread may call.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <thread>

#include "base/mutex.h"
#include "engine/engine.h"
#include "exchange/channel_resolver.h"
#include "exchange/retained_store.h"
#include "worker/control.pb.h"
#include "worker/split_queue.h"
#include "worker/task_input.h"

namespace skein::core {

/// What all tasks of a worker share; outlives them.
struct TaskEnvironment {
  Engine& engine;
  RetainedStore& store;
  std::shared_ptr<ChannelResolver> resolver;
  /// This worker's; producers of the same incarnation are read at `own_address`, whatever the coordinator calls it.
  Incarnation incarnation = 0;
  std::string own_address;
  /// A task asks for splits when it holds fewer.
  uint32_t split_low_water = 2;
  /// Memory of one input exchange of one task.
  uint64_t input_queue_bytes = uint64_t{16} << 20;
  std::atomic<uint32_t> running_tasks{0};
};

class TaskRunner {
 public:
  /// Takes a report to the coordinator; must not block. Called from any thread, without a lock held.
  using Report = std::function<void(const wire::FromWorker&)>;

  TaskRunner(TaskEnvironment& environment, TaskKey key, wire::StartTask start, Report report);
  /// Cancels and waits for the end of the run.
  ~TaskRunner();

  /// Starts the task's thread. Called once; a task cancelled before only reports that.
  void Start();
  void GiveSplits(const wire::ScanSplits& splits) { splits_.Give(splits); }
  /// Ignored where the task does not read the exchange, or no longer.
  void AmendProducers(const wire::AmendProducers& message);
  /// Reports how far the task is, if it runs.
  void ReportProgress();
  /// Makes the run end soon with `reason` (not ok). Does not wait.
  void Cancel(const arrow::Status& reason);
  /// Waits until the task has reported; false when the time is over first.
  bool WaitUntilReported(std::chrono::milliseconds timeout);

 private:
  using Inputs = std::map<ExchangeId, std::shared_ptr<TaskInput>>;

  Inputs MakeInputs() const;
  std::vector<Producer> ProducersOf(const google::protobuf::RepeatedPtrField<wire::ProducerAt>& messages) const;
  TaskContext MakeContext(const Inputs& inputs);
  ProducerKey output() const;
  void Drive();
  arrow::Result<TaskResult> RunFragment(const Inputs& inputs);
  void DropRun();
  wire::FromWorker MakeReport(const arrow::Result<TaskResult>& result, const Inputs& inputs) const;
  arrow::Status cancelled();

  TaskEnvironment& environment_;
  const TaskKey key_;
  wire::StartTask start_;
  const Report report_;
  SplitQueue splits_;
  RunProgress progress_;  // of the driver

  Mutex mutex_;
  ConditionVariable reported_;
  Inputs inputs_ GUARDED_BY(mutex_);
  std::shared_ptr<FragmentRun> run_ GUARDED_BY(mutex_);
  arrow::Status cancelled_ GUARDED_BY(mutex_);
  bool is_reported_ GUARDED_BY(mutex_) = false;
  std::thread driver_;
};

}  // namespace skein::core
