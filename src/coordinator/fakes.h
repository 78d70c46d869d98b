// What the tests of this room put in place of workers and the clock. One thread.
#pragma once

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "coordinator/client_upload.h"
#include "coordinator/timers.h"
#include "coordinator/worker_link.h"

namespace skein::core {

/// A clock that a test turns.
class FakeTimers : public Timers {
 public:
  SteadyTime Now() const override { return now_; }
  TimerId After(std::chrono::milliseconds delay, std::function<void()> action) override {
    return queue_.Add(now_ + delay, std::move(action));
  }
  void Cancel(TimerId id) override { queue_.Cancel(id); }

  /// Runs what falls due on the way, each at its own time.
  void Advance(std::chrono::milliseconds by) {
    const auto end = now_ + by;
    while (queue_.NextTime() && *queue_.NextTime() <= end) {
      now_ = std::max(now_, *queue_.NextTime());
      (*queue_.TakeDue(now_))();
    }
    now_ = end;
  }
  bool is_empty() const { return !queue_.NextTime(); }

 private:
  SteadyTime now_{std::chrono::hours(1)};
  TimerQueue queue_;
};

/// A worker that remembers what it was told.
class FakeConnection : public WorkerConnection {
 public:
  arrow::Status Send(wire::ToWorker message) override {
    if (is_broken) return Unavailable("broken");
    sent.push_back(std::move(message));
    return arrow::Status::OK();
  }
  std::optional<std::string> CheckExit() override { return exit; }
  void End() override {}
  void Abort() override {}

  size_t Count(wire::ToWorker::MessageCase kind) const {
    return std::count_if(sent.begin(), sent.end(), [&](const auto& message) { return message.message_case() == kind; });
  }

  std::vector<wire::ToWorker> sent;
  std::optional<std::string> exit;
  bool is_broken = false;
};

/// Remembers what it was to send.
class FakeUploader : public Uploader {
 public:
  void Start(std::vector<ClientUpload> given) override { uploads = std::move(given); }
  void Cancel() override { is_cancelled = true; }

  std::vector<ClientUpload> uploads;
  bool is_cancelled = false;
};

/// Rows of the client that a test puts down: a closed unit with a block for each text.
class FakeClientInput : public ClientInput {
 public:
  explicit FakeClientInput(const std::vector<std::string>& texts) : store_(RetainedStore::Make({}).ValueOrDie()) {
    (void)store_->OpenUnit({});
    for (const auto& text : texts) {
      Block block;
      block.rows = 1;
      block.data = arrow::Buffer::FromString(text);
      block.checksum = ChecksumOf(*block.data);
      (void)store_->Append({}, block);
    }
    (void)store_->CloseUnit({}, {});
    store_->FinishProducer({}, arrow::Status::OK());
  }
  arrow::Result<std::unique_ptr<UnitReader>> Open() override { return store_->Read({}, PartitionRange::All()); }

 private:
  const std::unique_ptr<RetainedStore> store_;
};

}  // namespace skein::core
