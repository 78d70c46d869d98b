#include "exchange/store_reader.h"

#include <chrono>
#include <optional>
#include <utility>

namespace skein::core {
namespace {

class StoreReader : public UnitReader {
 public:
  StoreReader(Mutex& mutex, std::shared_ptr<StoredQuery> query, ProducerKey key, PartitionRange range)
      : mutex_(mutex), query_(std::move(query)), key_(key), range_(range) {}

  arrow::Result<std::optional<Item>> Next(std::chrono::milliseconds timeout) override {
    const auto deadline = std::chrono::steady_clock::now() + timeout;
    MutexLock lock(mutex_);
    while (true) {
      if (query_->is_dropped) {
        unit_.reset();
        return Dropped(key_.query);
      }
      const auto& producer = query_->producers[key_];
      if (!producer.status.ok()) {
        unit_.reset();
        return producer.status;
      }
      if (unit_ || Advance(producer)) {
        const auto file = query_->file;
        lock.Unlock();
        return NextOfUnit(file);
      }
      if (producer.is_finished) {
        Item end;
        end.units = static_cast<uint32_t>(producer.closed.size());
        return end;
      }
      if (std::chrono::steady_clock::now() >= deadline) return std::nullopt;
      query_->changed.WaitUntil(mutex_, deadline);
    }
  }

 private:
  bool Advance(const StoredProducer& producer) REQUIRES(mutex_) {
    if (next_unit_ >= producer.closed.size()) return false;
    unit_ = producer.closed[next_unit_++];
    next_block_ = 0;
    return true;
  }

  arrow::Result<std::optional<Item>> NextOfUnit(const std::shared_ptr<SpillFile>& file) {
    Item item;
    item.unit = unit_->trailer.key;
    while (next_block_ < unit_->blocks.size()) {
      const auto& stored = unit_->blocks[next_block_++];
      if (!stored.block.range.Overlaps(range_)) continue;
      item.kind = Item::kBlock;
      item.block = stored.block;
      if (stored.is_spilled()) {
        ARROW_ASSIGN_OR_RAISE(item.block.data, file->Read(stored.offset, stored.bytes));
      }
      return item;
    }
    item.kind = Item::kTrailer;
    item.trailer = unit_->trailer;
    unit_.reset();
    return item;
  }

  Mutex& mutex_;
  const std::shared_ptr<StoredQuery> query_;  // what it points to is guarded by mutex_
  const ProducerKey key_;
  const PartitionRange range_;
  size_t next_unit_ = 0;
  std::shared_ptr<const StoredUnit> unit_;  // being read
  size_t next_block_ = 0;
};

}  // namespace

std::unique_ptr<UnitReader> MakeStoreReader(Mutex& mutex, std::shared_ptr<StoredQuery> query, ProducerKey key,
                                            PartitionRange range) {
  return std::make_unique<StoreReader>(mutex, std::move(query), key, range);
}

}  // namespace skein::core
