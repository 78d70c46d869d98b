#include "exchange/local_channel.h"

#include <algorithm>
#include <atomic>

#include "base/error.h"

namespace skein::core {
namespace {

/// How soon a waiting Next notices Cancel.
constexpr std::chrono::milliseconds kCancelInterval{50};

class LocalBlockStream : public BlockStream {
 public:
  explicit LocalBlockStream(std::unique_ptr<UnitReader> reader) : reader_(std::move(reader)) {}

  arrow::Result<std::optional<UnitReader::Item>> Next(std::chrono::milliseconds timeout) override {
    const auto deadline = std::chrono::steady_clock::now() + timeout;
    while (true) {
      if (is_cancelled_) return CancelledError("read cancelled");
      const auto left =
          std::chrono::duration_cast<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
      ARROW_ASSIGN_OR_RAISE(auto item, reader_->Next(std::clamp(left, std::chrono::milliseconds{0}, kCancelInterval)));
      if (item || left <= kCancelInterval) return item;
    }
  }

  void Cancel() override { is_cancelled_ = true; }

 private:
  std::unique_ptr<UnitReader> reader_;
  std::atomic<bool> is_cancelled_{false};
};

class LocalChannelResolver : public ChannelResolver {
 public:
  LocalChannelResolver(std::string own_address, RetainedStore& store, std::shared_ptr<ChannelResolver> remote)
      : own_address_(std::move(own_address)), store_(store), remote_(std::move(remote)) {}

  arrow::Result<std::unique_ptr<BlockStream>> Open(const QueryId& query, ExchangeId exchange, const Producer& producer,
                                                   PartitionRange range) override {
    if (producer.address == own_address_) {
      ARROW_ASSIGN_OR_RAISE(auto reader, store_.Read({query, exchange, producer.task, producer.attempt}, range));
      return std::make_unique<LocalBlockStream>(std::move(reader));
    }
    if (remote_) return remote_->Open(query, exchange, producer, range);
    return InternalError("no channel: address=" + producer.address + " own=" + own_address_);
  }

 private:
  const std::string own_address_;
  RetainedStore& store_;
  const std::shared_ptr<ChannelResolver> remote_;
};

}  // namespace

std::shared_ptr<ChannelResolver> MakeLocalChannelResolver(std::string own_address, RetainedStore& store,
                                                          std::shared_ptr<ChannelResolver> remote) {
  return std::make_shared<LocalChannelResolver>(std::move(own_address), store, std::move(remote));
}

}  // namespace skein::core
