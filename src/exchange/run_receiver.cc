#include "exchange/run_receiver.h"

#include <algorithm>

namespace skein::core {

RunReceiver::RunReceiver(const ReceiverOptions& options, const std::shared_ptr<ChannelResolver>& resolver) {
  for (uint32_t task = 0; task < options.producer_tasks; task++) {
    ReceiverOptions run = options;
    run.is_merged = false;
    run.is_ordered = true;
    run.first_task = task;
    run.producer_tasks = 1;
    run.queue_bytes = std::max<uint64_t>(options.queue_bytes / options.producer_tasks, 1);
    runs_.push_back(Receiver::Make(run, resolver));
  }
}

void RunReceiver::AddProducers(const std::vector<Producer>& producers) {
  for (const auto& producer : producers) {
    if (producer.task < runs_.size()) runs_[producer.task]->AddProducers({producer});
  }
}

arrow::Result<ReceiverPoll> RunReceiver::TryTake(std::function<void()> wake) {
  for (auto& run : runs_) {
    ARROW_ASSIGN_OR_RAISE(auto poll, run->TryTake(wake));
    if (poll.state != ReceiverPoll::kFinished) return poll;
  }
  ReceiverPoll finished;
  finished.state = ReceiverPoll::kFinished;
  return finished;
}

void RunReceiver::Fail(arrow::Status status) {
  for (auto& run : runs_) run->Fail(status);
}

void RunReceiver::Stop() {
  for (auto& run : runs_) run->Stop();
}

std::vector<Receiver*> RunReceiver::Runs() {
  std::vector<Receiver*> runs;
  for (auto& run : runs_) runs.push_back(run.get());
  return runs;
}

IdSummary RunReceiver::summary() const {
  IdSummary all;
  for (const auto& run : runs_) {
    const auto one = run->summary();
    all.count += one.count;
    all.sum += one.sum;
    all.exclusive_or ^= one.exclusive_or;
  }
  return all;
}

uint64_t RunReceiver::rows() const {
  uint64_t rows = 0;
  for (const auto& run : runs_) rows += run->rows();
  return rows;
}

uint64_t RunReceiver::bytes() const {
  uint64_t bytes = 0;
  for (const auto& run : runs_) bytes += run->bytes();
  return bytes;
}

}  // namespace skein::core
