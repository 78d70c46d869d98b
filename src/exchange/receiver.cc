#include "exchange/receiver.h"

#include <algorithm>
#include <deque>
#include <list>
#include <optional>
#include <thread>
#include <utility>

#include "base/error.h"
#include "base/mutex.h"
#include "exchange/producer_check.h"
#include "exchange/run_receiver.h"

namespace skein::core {
namespace {

/// How soon a stream's thread notices that the receiver has ended, even if Cancel cannot wake the stream.
constexpr std::chrono::milliseconds kPollInterval{200};

using Wakes = std::vector<std::function<void()>>;

void CallAll(const Wakes& wakes) {
  for (const auto& wake : wakes) {
    if (wake) wake();
  }
}

/// One producer and the thread that reads it.
struct Source {
  Producer producer;
  std::shared_ptr<BlockStream> stream;                     // GUARDED_BY(mutex_) of the receiver; null before it is open
  std::optional<std::pair<uint32_t, uint32_t>> last_used;  // unit and sequence; of the source's thread only
  std::thread thread;
};

// Threads: one a source. Two mutexes, never held together: the ledger's, so that checksums are not computed while the
// consumer waits for the queue, and the one of queue and state.
class ReceiverImpl : public Receiver {
 public:
  ReceiverImpl(ReceiverOptions options, std::shared_ptr<ChannelResolver> resolver)
      : options_(options), resolver_(std::move(resolver)), ledger_(options.range), turn_(options.first_task) {
    if (options.producer_tasks == 0) state_ = kComplete;
  }

  ~ReceiverImpl() override {
    End([this]() REQUIRES(mutex_) {
      if (state_ == kReading || state_ == kComplete) state_ = kStopped;
      wakes_.clear();  // whoever waits must not be called when the receiver is gone
      return true;
    });
    for (auto& source : sources_) source.thread.join();
  }

  void AddProducers(const std::vector<Producer>& producers) override {
    MutexLock lock(mutex_);
    if (state_ != kReading) return;
    for (const auto& producer : producers) {
      const bool is_known = std::any_of(sources_.begin(), sources_.end(),
                                        [&](const Source& source) { return source.producer == producer; });
      if (is_known) continue;  // the message came twice
      auto& source = sources_.emplace_back();
      source.producer = producer;
      running_++;
      source.thread = std::thread([this, &source] { Run(source); });
    }
  }

  arrow::Result<ReceiverPoll> TryTake(std::function<void()> wake) override {
    MutexLock lock(mutex_);
    ReceiverPoll poll;
    if (state_ == kFailed) return status_;
    if (!queue_.empty()) {
      poll.state = ReceiverPoll::kBlock;
      poll.received = std::move(queue_.front());
      queue_.pop_front();
      queued_bytes_ -= static_cast<uint64_t>(poll.received.block.data->size());
      changed_.NotifyAll();
    } else if (state_ == kReading) {
      wakes_.push_back(std::move(wake));
    } else {
      poll.state = ReceiverPoll::kFinished;
    }
    return poll;
  }

  void Fail(arrow::Status status) override {
    End([&]() REQUIRES(mutex_) {
      if (state_ != kReading && state_ != kComplete) return false;
      state_ = kFailed;
      status_ = std::move(status);
      return true;
    });
  }

  void Stop() override {
    End([this]() REQUIRES(mutex_) {
      if (state_ != kReading && state_ != kComplete) return false;
      state_ = kStopped;
      return true;
    });
  }

  IdSummary summary() const override {
    MutexLock lock(ledger_mutex_);
    return ledger_.summary();
  }
  uint64_t rows() const override {
    MutexLock lock(ledger_mutex_);
    return ledger_.rows();
  }
  uint64_t bytes() const override {
    MutexLock lock(ledger_mutex_);
    return ledger_.bytes();
  }

 private:
  enum State {
    kReading,
    kComplete,  // coverage is proved; blocks may still be queued, and the query may still fail
    kStopped,   // the consumer wants no more
    kFailed
  };

  /// Changes the state by `change` (called with the lock), and if that says so, ends all streams and wakes everyone.
  void End(const std::function<bool()>& change) {
    Wakes wakes;
    std::vector<std::shared_ptr<BlockStream>> streams;
    std::deque<ReceivedBlock> freed;
    {
      MutexLock lock(mutex_);
      if (!change()) return;
      wakes.swap(wakes_);
      if (state_ != kComplete) {
        freed.swap(queue_);
        queued_bytes_ = 0;
      }
      for (const auto& source : sources_) {
        if (source.stream) streams.push_back(source.stream);
      }
      changed_.NotifyAll();
    }
    for (const auto& stream : streams) stream->Cancel();
    CallAll(wakes);
  }

  void Run(Source& source) {
    auto status = ReadAll(source);
    if (!status.ok()) Fail(std::move(status));
    std::shared_ptr<BlockStream> closed;
    bool is_last = false;
    {
      MutexLock lock(mutex_);
      closed.swap(source.stream);
      is_last = --running_ == 0;
    }
    if (is_last) CheckNothingIsLost();
  }

  arrow::Status ReadAll(Source& source) {
    if (options_.is_ordered && !WaitForTurn(source.producer.task)) return arrow::Status::OK();
    ARROW_ASSIGN_OR_RAISE(auto opened,
                          resolver_->Open(options_.query, options_.exchange, source.producer, options_.range));
    const std::shared_ptr<BlockStream> stream = std::move(opened);
    {
      MutexLock lock(mutex_);
      if (state_ != kReading) return arrow::Status::OK();
      source.stream = stream;
    }
    while (IsReading()) {
      auto next = stream->Next(kPollInterval);
      if (!IsReading()) break;  // what it says now is only that it was cancelled
      ARROW_ASSIGN_OR_RAISE(auto item, std::move(next));
      if (!item) continue;
      ARROW_RETURN_NOT_OK(CheckProducer(*item, options_.query, options_.exchange, source.producer));
      if (item->kind == UnitReader::Item::kEnd) return TakeEnd(source.producer, item->units);
      if (item->kind == UnitReader::Item::kTrailer) {
        MutexLock lock(ledger_mutex_);
        ARROW_RETURN_NOT_OK(ledger_.Close(item->trailer));
      } else {
        ARROW_RETURN_NOT_OK(TakeBlock(source, std::move(*item)));
      }
    }
    return arrow::Status::OK();
  }

  /// Waits until the tasks before `task` are complete and no other attempt of it is read. False: it is not needed.
  bool WaitForTurn(uint32_t task) {
    MutexLock lock(mutex_);
    changed_.Wait(mutex_, [&]() REQUIRES(mutex_) {
      return state_ != kReading || turn_ > task || (turn_ == task && !is_turn_taken_);
    });
    if (state_ != kReading || turn_ > task) return false;
    is_turn_taken_ = true;
    return true;
  }

  bool IsReading() const {
    MutexLock lock(mutex_);
    return state_ == kReading;
  }

  arrow::Status TakeBlock(Source& source, UnitReader::Item item) {
    {
      MutexLock lock(ledger_mutex_);
      ARROW_ASSIGN_OR_RAISE(const bool is_new, ledger_.Offer(item.unit, item.block));
      if (!is_new) return arrow::Status::OK();
    }
    const std::pair position{item.unit.unit, item.block.sequence};
    if (options_.is_ordered && source.last_used && position <= *source.last_used) {
      return Unavailable("block out of order: " + Describe(source.producer) +
                         " unit=" + std::to_string(position.first) + " sequence=" + std::to_string(position.second));
    }
    source.last_used = position;
    Push({std::move(item.block), item.unit});
    return arrow::Status::OK();
  }

  /// Waits for room; a consumer that never comes back ends the wait by Fail, Stop or destruction.
  void Push(ReceivedBlock received) {
    const auto size = static_cast<uint64_t>(received.block.data->size());
    Wakes wakes;
    {
      MutexLock lock(mutex_);
      changed_.Wait(mutex_, [&]() REQUIRES(mutex_) {
        return state_ != kReading || queue_.empty() || queued_bytes_ + size <= options_.queue_bytes;
      });
      if (state_ != kReading) return;
      queue_.push_back(std::move(received));
      queued_bytes_ += size;
      wakes.swap(wakes_);
    }
    CallAll(wakes);
  }

  arrow::Status TakeEnd(const Producer& producer, uint32_t units) {
    bool is_covered = false;
    {
      MutexLock lock(ledger_mutex_);
      ARROW_RETURN_NOT_OK(ledger_.EndOfProducer(producer.task, producer.attempt, units));
      is_covered = ledger_.CheckCoverage(options_.first_task, options_.producer_tasks).ok();
    }
    if (is_covered) {
      End([this]() REQUIRES(mutex_) {
        if (state_ != kReading) return false;
        state_ = kComplete;
        return true;
      });
      return arrow::Status::OK();
    }
    MutexLock lock(mutex_);
    if (options_.is_ordered && turn_ == producer.task) {
      turn_++;
      is_turn_taken_ = false;
      changed_.NotifyAll();
    }
    return arrow::Status::OK();
  }

  /// With no stream left, tasks that have ended must be whole. Tasks that have not may still get a producer.
  void CheckNothingIsLost() {
    arrow::Status coverage;
    {
      MutexLock lock(ledger_mutex_);
      coverage = ledger_.CheckEnded();
    }
    if (!coverage.ok()) Fail(std::move(coverage));
  }

  const ReceiverOptions options_;
  const std::shared_ptr<ChannelResolver> resolver_;

  mutable Mutex ledger_mutex_;
  ConsumerLedger ledger_ GUARDED_BY(ledger_mutex_);

  mutable Mutex mutex_;
  ConditionVariable changed_;  // state, room in the queue, or turn
  State state_ GUARDED_BY(mutex_) = kReading;
  arrow::Status status_ GUARDED_BY(mutex_);  // not ok in kFailed
  std::deque<ReceivedBlock> queue_ GUARDED_BY(mutex_);
  uint64_t queued_bytes_ GUARDED_BY(mutex_) = 0;
  Wakes wakes_ GUARDED_BY(mutex_);
  std::list<Source> sources_ GUARDED_BY(mutex_);  // only grows, its elements stay where they are
  size_t running_ GUARDED_BY(mutex_) = 0;         // sources whose thread reads
  uint32_t turn_ GUARDED_BY(mutex_);              // of an ordered exchange: the task to read
  bool is_turn_taken_ GUARDED_BY(mutex_) = false;
};

}  // namespace

std::unique_ptr<Receiver> Receiver::Make(ReceiverOptions options, std::shared_ptr<ChannelResolver> resolver) {
  if (options.is_merged) return std::make_unique<RunReceiver>(options, resolver);
  return std::make_unique<ReceiverImpl>(options, std::move(resolver));
}

}  // namespace skein::core
