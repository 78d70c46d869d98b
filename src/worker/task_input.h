// A task's view of one input exchange: its Receiver, and the knowledge whether the task read it to the end. Owned by
// the task; any thread may call.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <vector>

#include "exchange/receiver.h"

namespace skein::core {

class TaskInput : public Receiver {
 public:
  explicit TaskInput(std::unique_ptr<Receiver> receiver) : receiver_(std::move(receiver)) {}

  void AddProducers(const std::vector<Producer>& producers) override { receiver_->AddProducers(producers); }
  arrow::Result<ReceiverPoll> TryTake(std::function<void()> wake) override {
    ARROW_ASSIGN_OR_RAISE(ReceiverPoll poll, receiver_->TryTake(std::move(wake)));
    if (poll.state == ReceiverPoll::kFinished && !is_stopped_) is_complete_ = true;
    return poll;
  }
  void Fail(arrow::Status status) override { receiver_->Fail(std::move(status)); }
  void Stop() override {
    is_stopped_ = true;
    receiver_->Stop();
  }
  std::vector<Receiver*> Runs() override { return receiver_->Runs(); }
  IdSummary summary() const override { return receiver_->summary(); }
  uint64_t rows() const override { return receiver_->rows(); }
  uint64_t bytes() const override { return receiver_->bytes(); }

  /// The task saw the proven end of the exchange, and did not stop before it.
  bool is_complete() const { return is_complete_; }

 private:
  const std::unique_ptr<Receiver> receiver_;
  std::atomic<bool> is_stopped_{false};
  std::atomic<bool> is_complete_{false};
};

}  // namespace skein::core
