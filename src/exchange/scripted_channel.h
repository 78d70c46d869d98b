// For tests: blocks and units made of texts, and a channel resolver whose streams say exactly what a test wrote down.
// Threads: scripts are complete before the first Open.
#pragma once

#include <future>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/mutex.h"
#include "exchange/channel_resolver.h"
#include "exchange/receiver.h"

namespace skein::core {

constexpr std::chrono::seconds kTestTimeout{20};

inline Block MakeBlock(const std::string& text, PartitionRange range = PartitionRange::All(), uint64_t rows = 1) {
  Block block;
  block.range = range;
  block.rows = rows;
  block.data = arrow::Buffer::FromString(text);
  block.checksum = ChecksumOf(*block.data);
  return block;
}

inline UnitKey MakeUnitKey(uint32_t task, uint32_t unit, AttemptId attempt = 0) {
  return {QueryId{1, 2}, 3, task, attempt, 77, unit};
}

using Items = std::vector<UnitReader::Item>;

/// The items of one whole unit: a block for each text, then the trailer.
inline Items MakeUnit(const UnitKey& key, const std::vector<std::string>& texts) {
  Items items;
  UnitTrailer trailer{key, {}, {UnitPart{}}};
  for (const auto& text : texts) {
    UnitReader::Item item;
    item.kind = UnitReader::Item::kBlock;
    item.unit = key;
    item.block = MakeBlock(text);
    item.block.sequence = static_cast<uint32_t>(items.size());
    auto& part = trailer.parts[0];
    part.blocks++;
    part.rows += item.block.rows;
    part.bytes += text.size();
    part.checksum += item.block.checksum;
    items.push_back(std::move(item));
  }
  UnitReader::Item last;
  last.kind = UnitReader::Item::kTrailer;
  last.unit = key;
  last.trailer = trailer;
  items.push_back(std::move(last));
  return items;
}

inline UnitReader::Item MakeEnd(uint32_t units) {
  UnitReader::Item item;
  item.kind = UnitReader::Item::kEnd;
  item.units = units;
  return item;
}

inline Items Join(std::vector<Items> parts) {
  Items out;
  for (auto& part : parts) {
    for (auto& item : part) out.push_back(std::move(item));
  }
  return out;
}

/// Says its items, then waits until it is cancelled, or breaks with `error` if that is not ok.
class ScriptedStream : public BlockStream {
 public:
  ScriptedStream(Items items, arrow::Status error) : items_(std::move(items)), error_(std::move(error)) {}

  arrow::Result<std::optional<UnitReader::Item>> Next(std::chrono::milliseconds timeout) override {
    MutexLock lock(mutex_);
    if (at_ < items_.size() && !is_cancelled_) return items_[at_++];
    if (!error_.ok()) return error_;
    cancelled_.WaitFor(mutex_, timeout, [this]() REQUIRES(mutex_) { return is_cancelled_; });
    if (is_cancelled_) return arrow::Status::Cancelled("cancelled");
    return std::nullopt;
  }

  void Cancel() override {
    MutexLock lock(mutex_);
    is_cancelled_ = true;
    cancelled_.NotifyAll();
  }

 private:
  const Items items_;
  const arrow::Status error_;
  Mutex mutex_;
  ConditionVariable cancelled_;
  size_t at_ GUARDED_BY(mutex_) = 0;
  bool is_cancelled_ GUARDED_BY(mutex_) = false;
};

class ScriptedResolver : public ChannelResolver {
 public:
  /// Writes down what the stream of a producer attempt says.
  void Script(uint32_t task, AttemptId attempt, Items items, arrow::Status error = arrow::Status::OK()) {
    scripts_[{task, attempt}] = {std::move(items), std::move(error)};
  }

  arrow::Result<std::unique_ptr<BlockStream>> Open(const QueryId&, ExchangeId, const Producer& producer,
                                                   PartitionRange) override {
    const auto found = scripts_.find({producer.task, producer.attempt});
    if (found == scripts_.end()) return arrow::Status::KeyError("no script");
    return std::make_unique<ScriptedStream>(found->second.first, found->second.second);
  }

 private:
  std::map<std::pair<uint32_t, AttemptId>, std::pair<Items, arrow::Status>> scripts_;
};

inline Producer MakeProducer(uint32_t task, AttemptId attempt = 0, std::string address = "scripted:1") {
  return {std::move(address), 0, task, attempt, 77};
}

inline ReceiverOptions MakeReceiverOptions(uint32_t producer_tasks) {
  ReceiverOptions options;
  options.query = {1, 2};
  options.exchange = 3;
  options.producer_tasks = producer_tasks;
  return options;
}

/// Takes one block, or waits at most kTestTimeout for one: kPending is returned only after that.
inline arrow::Result<ReceiverPoll> Take(Receiver& receiver) {
  const auto deadline = std::chrono::steady_clock::now() + kTestTimeout;
  while (true) {
    auto woken = std::make_shared<std::promise<void>>();
    ARROW_ASSIGN_OR_RAISE(auto poll, receiver.TryTake([woken] { woken->set_value(); }));
    if (poll.state != ReceiverPoll::kPending) return poll;
    if (woken->get_future().wait_until(deadline) == std::future_status::timeout) return poll;
  }
}

/// Takes everything and returns the blocks' texts in the order of their arrival.
inline arrow::Result<std::vector<std::string>> TakeAll(Receiver& receiver) {
  std::vector<std::string> texts;
  while (true) {
    ARROW_ASSIGN_OR_RAISE(auto poll, Take(receiver));
    if (poll.state == ReceiverPoll::kPending) return arrow::Status::Invalid("the receiver hangs");
    if (poll.state == ReceiverPoll::kFinished) return texts;
    texts.push_back(poll.received.block.data->ToString());
  }
}

}  // namespace skein::core
