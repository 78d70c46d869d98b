#include "worker/task_runner.h"

#include <system_error>
#include <utility>

#include "base/error.h"
#include "base/mutex.h"
#include "worker/task_report.h"
#include "worker/wire_convert.h"

namespace skein::core {
namespace {

wire::FromWorker SplitRequestMessage(const wire::TaskName& name, ScanId scan, uint32_t count) {
  wire::FromWorker message;
  *message.mutable_split_request()->mutable_name() = name;
  message.mutable_split_request()->set_scan(scan);
  message.mutable_split_request()->set_count(count);
  return message;
}

/// An error of the data is told by its task alone, which knows where it stood: its readers were only left alone.
arrow::Status ForReaders(const arrow::Status& status) {
  return IsOfTheData(status) ? CancelledError("the producing task failed: " + status.message()) : status;
}

}  // namespace

TaskRunner::TaskRunner(TaskEnvironment& environment, TaskKey key, wire::StartTask start, Report report)
    : environment_(environment),
      key_(key),
      start_(std::move(start)),
      report_(std::move(report)),
      splits_(environment.split_low_water,
              [this](ScanId scan, uint32_t count) { report_(SplitRequestMessage(start_.name(), scan, count)); }) {
  for (const wire::ScanSplits& scan : start_.scans()) splits_.Give(scan);
  start_.clear_scans();
}

TaskRunner::~TaskRunner() {
  Cancel(CancelledError("task dropped: " + key_.ToString()));
  if (driver_.joinable()) driver_.join();
}

void TaskRunner::Start() {
  Inputs inputs = MakeInputs();
  {
    MutexLock lock(mutex_);
    inputs_ = std::move(inputs);
  }
  environment_.running_tasks++;
  try {
    driver_ = std::thread([this] { Drive(); });
  } catch (const std::system_error& error) {
    Cancel(Unavailable("no thread for a task: " + key_.ToString() + " error=" + error.what()));
    Drive();
  }
}

void TaskRunner::AmendProducers(const wire::AmendProducers& message) {
  std::shared_ptr<TaskInput> input;
  {
    MutexLock lock(mutex_);
    auto found = inputs_.find(message.exchange());
    if (found == inputs_.end()) return;
    input = found->second;
  }
  input->AddProducers(ProducersOf(message.producers()));
}

void TaskRunner::ReportProgress() {
  std::shared_ptr<FragmentRun> run;
  {
    MutexLock lock(mutex_);
    run = run_;
  }
  if (run) report_(TaskProgressMessage(key_, run->figures()));
}

void TaskRunner::Cancel(const arrow::Status& reason) {
  Inputs inputs;
  std::shared_ptr<FragmentRun> run;
  {
    MutexLock lock(mutex_);
    if (!cancelled_.ok()) return;
    cancelled_ = reason;
    inputs = inputs_;
    run = run_;
  }
  splits_.Fail(reason);
  for (auto& [exchange, input] : inputs) input->Fail(reason);
  if (run) run->Cancel();
}

bool TaskRunner::WaitUntilReported(std::chrono::milliseconds timeout) {
  MutexLock lock(mutex_);
  return reported_.WaitFor(mutex_, timeout, [this]() REQUIRES(mutex_) { return is_reported_; });
}

arrow::Status TaskRunner::cancelled() {
  MutexLock lock(mutex_);
  return cancelled_;
}

TaskRunner::Inputs TaskRunner::MakeInputs() const {
  Inputs inputs;
  for (const wire::InputSpec& spec : start_.inputs()) {
    ReceiverOptions options;
    options.query = key_.query;
    options.exchange = spec.stored_as();
    options.range = FromWire(spec.range());
    options.producer_tasks = spec.producer_tasks();
    options.is_ordered = spec.is_ordered();
    options.is_merged = spec.is_merged();
    options.queue_bytes = environment_.input_queue_bytes;
    auto input = std::make_shared<TaskInput>(Receiver::Make(options, environment_.resolver));
    input->AddProducers(ProducersOf(spec.producers()));
    inputs.emplace(spec.exchange(), std::move(input));
  }
  return inputs;
}

std::vector<Producer> TaskRunner::ProducersOf(
    const google::protobuf::RepeatedPtrField<wire::ProducerAt>& messages) const {
  std::vector<Producer> producers;
  for (const wire::ProducerAt& message : messages) {
    producers.push_back(FromWire(message));
    if (message.incarnation() == environment_.incarnation) producers.back().address = environment_.own_address;
  }
  return producers;
}

TaskContext TaskRunner::MakeContext(const Inputs& inputs) {
  TaskContext context;
  context.key = key_;
  context.task_count = start_.task_count();
  context.splits = &splits_;
  for (const auto& [exchange, input] : inputs) context.inputs.emplace(exchange, input.get());
  context.store = &environment_.store;
  context.output = start_.output().exchange();
  context.is_in_plain_order = start_.is_in_plain_order();
  for (const wire::HashRange& range : start_.output().ranges()) context.output_ranges.push_back(FromWire(range));
  context.is_profiled = start_.is_profiled();
  return context;
}

arrow::Result<TaskResult> TaskRunner::RunFragment(const Inputs& inputs) {
  ARROW_RETURN_NOT_OK(cancelled());
  ARROW_ASSIGN_OR_RAISE(std::shared_ptr<FragmentRun> run,
                        environment_.engine.Prepare(std::move(*start_.mutable_fragment()), MakeContext(inputs)));
  {
    MutexLock lock(mutex_);
    ARROW_RETURN_NOT_OK(cancelled_);
    run_ = run;
  }
  auto result = run->Run();
  progress_ = run->progress();
  return result;
}

ProducerKey TaskRunner::output() const { return {key_.query, start_.output().exchange(), key_.task, key_.attempt}; }

void TaskRunner::DropRun() {
  std::shared_ptr<FragmentRun> run;
  {
    MutexLock lock(mutex_);
    run = std::move(run_);
    run_ = nullptr;
    inputs_.clear();
  }
}

wire::FromWorker TaskRunner::MakeReport(const arrow::Result<TaskResult>& result, const Inputs& inputs) const {
  if (result.ok()) {
    const uint64_t spill_bytes = environment_.store.SpilledBytes(output());
    return TaskFinishedMessage(start_, *result, spill_bytes, inputs, splits_.UnfinishedScans());
  }
  return TaskFailedMessage(start_.name(), result.status(), progress_);
}

void TaskRunner::Drive() {
  Inputs inputs;
  {
    MutexLock lock(mutex_);
    inputs = inputs_;
  }
  const arrow::Result<TaskResult> result = RunFragment(inputs);
  DropRun();
  // The coordinator may act on the report at once: readers must find the end of the output before it.
  environment_.store.FinishProducer(output(), ForReaders(result.status()));
  const wire::FromWorker report = MakeReport(result, inputs);
  inputs.clear();
  environment_.running_tasks--;
  report_(report);
  MutexLock lock(mutex_);
  is_reported_ = true;
  reported_.NotifyAll();
}

}  // namespace skein::core
