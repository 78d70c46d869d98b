// Receives an exchange whose producers each made rows in the same order: one run a producer task, each through a
// receiver of its own with a share of the queue, so that the consumer can merge them. Owned by the task; any thread may
// call.
#pragma once

#include <memory>
#include <vector>

#include "exchange/receiver.h"

namespace skein::core {

class RunReceiver : public Receiver {
 public:
  RunReceiver(const ReceiverOptions& options, const std::shared_ptr<ChannelResolver>& resolver);

  void AddProducers(const std::vector<Producer>& producers) override;
  /// Gives the runs one after another: who merges takes from each of Runs() and, when all are finished, from here.
  arrow::Result<ReceiverPoll> TryTake(std::function<void()> wake) override;
  void Fail(arrow::Status status) override;
  void Stop() override;
  std::vector<Receiver*> Runs() override;
  IdSummary summary() const override;
  uint64_t rows() const override;
  uint64_t bytes() const override;

 private:
  std::vector<std::unique_ptr<Receiver>> runs_;  // by producer task
};

}  // namespace skein::core
