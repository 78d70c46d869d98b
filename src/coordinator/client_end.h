// The client's end of a query: the receiver of its result together with the query's outcome. Errors of reading are not
// given to the client as they come but told to the query, which then fails with the error that says most. Shared by the
// client's QueryExecution and the query's state machine; any thread may call.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "base/mutex.h"
#include "coordinator/query_state.h"
#include "exchange/receiver.h"

namespace skein::core {

/// What the client's end tells the query, from any thread.
class ClientEndListener {
 public:
  virtual ~ClientEndListener() = default;
  virtual void OnTaken(const IdSummary& taken) = 0;
  virtual void OnStopped() = 0;
  virtual void OnReadError(const arrow::Status& status) = 0;
};

class ClientEnd : public Receiver, public QueryObserver {
 public:
  ClientEnd(std::unique_ptr<Receiver> receiver, std::unique_ptr<ClientEndListener> listener);

  // --- for the client
  void AddProducers(const std::vector<Producer>& producers) override;
  arrow::Result<ReceiverPoll> TryTake(std::function<void()> wake) override;
  void Fail(arrow::Status status) override;
  void Stop() override;
  IdSummary summary() const override;
  uint64_t rows() const override;
  uint64_t bytes() const override;
  /// As QueryExecution::TryFinish.
  arrow::Result<bool> TryFinish(std::function<void()> wake);
  /// Gives up the receiver, null from the second call on, and forgets who waits; later calls give Cancelled.
  std::shared_ptr<Receiver> Close();

  // --- for the query
  void OnProducers(const std::vector<Producer>& producers) override;
  void OnFinished(bool is_client_checked) override;
  void OnFailed(const arrow::Status& status) override;

 private:
  /// Keeps `wake` until the outcome changes; an error if that has happened.
  arrow::Result<ReceiverPoll> WaitForOutcome(std::function<void()> wake);
  std::shared_ptr<Receiver> receiver() const;

  const std::unique_ptr<ClientEndListener> listener_;
  mutable Mutex mutex_;
  std::shared_ptr<Receiver> receiver_ GUARDED_BY(mutex_);  // null once closed
  arrow::Status status_ GUARDED_BY(mutex_);                // of the query
  bool is_finished_ GUARDED_BY(mutex_) = false;
  bool is_client_checked_ GUARDED_BY(mutex_) = false;
  bool is_told_ GUARDED_BY(mutex_) = false;  // taken, stopped or failed: the query knows
  bool is_taken_ GUARDED_BY(mutex_) = false;
  std::vector<std::function<void()>> wakes_ GUARDED_BY(mutex_);
};

}  // namespace skein::core
