#include "exchange/retained_store.h"

#include <deque>
#include <map>
#include <set>
#include <vector>

#include "base/error.h"
#include "base/mutex.h"
#include "exchange/spill_file.h"
#include "exchange/store_reader.h"
#include "exchange/stored_query.h"

namespace skein::core {
namespace {

/// Late appends of a dropped query are told apart from new queries for as many drops.
constexpr size_t kRememberedDrops = 10000;

std::string Describe(const UnitKey& key) {
  return "exchange=" + std::to_string(key.exchange) + " task=" + std::to_string(key.task) +
         " attempt=" + std::to_string(key.attempt) + " unit=" + std::to_string(key.unit);
}

ProducerKey ProducerOf(const UnitKey& key) { return {key.query, key.exchange, key.task, key.attempt}; }

void AddToPart(const Block& block, uint64_t bytes, std::vector<UnitPart>& parts) {
  UnitPart* part = nullptr;
  for (auto& candidate : parts) {
    if (candidate.range == block.range) part = &candidate;
  }
  if (part == nullptr) {
    part = &parts.emplace_back();
    part->range = block.range;
  }
  part->blocks++;
  part->rows += block.rows;
  part->bytes += bytes;
  part->checksum += block.checksum;
}

class RetainedStoreImpl : public RetainedStore {
 public:
  explicit RetainedStoreImpl(RetainedStoreOptions options) : options_(std::move(options)) {}

  arrow::Status OpenUnit(const UnitKey& key) override {
    MutexLock lock(mutex_);
    ARROW_ASSIGN_OR_RAISE(auto query, FindOrAddQuery(key.query));
    auto& producer = query->producers[ProducerOf(key)];
    if (producer.is_finished) return AfterFinish(producer, key);
    if (producer.open.count(key.unit) > 0 || producer.closed_numbers.count(key.unit) > 0) {
      return InternalError("unit opened twice: " + Describe(key));
    }
    auto unit = std::make_shared<StoredUnit>();
    unit->trailer.key = key;
    producer.open.emplace(key.unit, std::move(unit));
    return arrow::Status::OK();
  }

  arrow::Status Append(const UnitKey& key, Block block) override {
    MutexLock lock(mutex_);
    ARROW_ASSIGN_OR_RAISE(auto query, FindOrAddQuery(key.query));
    ARROW_ASSIGN_OR_RAISE(auto unit, FindOpen(*query, key));
    ARROW_RETURN_NOT_OK(unit->broken);
    StoredBlock stored;
    stored.bytes = static_cast<uint64_t>(block.data->size());
    block.sequence = static_cast<uint32_t>(unit->blocks.size());
    const bool is_spilled = memory_bytes_ + stored.bytes > options_.memory_bytes;
    std::shared_ptr<arrow::Buffer> data;
    if (is_spilled) {
      ARROW_RETURN_NOT_OK(ReserveDisk(*query, stored));
      query->producers[ProducerOf(key)].spilled_bytes += stored.bytes;
      data = std::move(block.data);
    } else {
      memory_bytes_ += stored.bytes;
      query->memory_bytes += stored.bytes;
      unit->memory_bytes += stored.bytes;
    }
    stored.block = std::move(block);
    AddToPart(stored.block, stored.bytes, unit->trailer.parts);
    unit->blocks.push_back(stored);
    if (!is_spilled) return arrow::Status::OK();
    return Spill(*query, *unit, stored.offset, *data);
  }

  arrow::Result<UnitTrailer> CloseUnit(const UnitKey& key, std::vector<UnitInput> inputs) override {
    MutexLock lock(mutex_);
    ARROW_ASSIGN_OR_RAISE(auto query, FindOrAddQuery(key.query));
    ARROW_ASSIGN_OR_RAISE(auto unit, FindOpen(*query, key));
    ARROW_RETURN_NOT_OK(unit->broken);
    if (unit->pending_writes > 0) return InternalError("unit closed while appended to: " + Describe(key));
    unit->trailer.inputs = std::move(inputs);
    auto& producer = query->producers[ProducerOf(key)];
    producer.open.erase(key.unit);
    producer.closed_numbers.insert(key.unit);
    producer.closed.push_back(unit);
    query->changed.NotifyAll();
    return unit->trailer;
  }

  void FinishProducer(const ProducerKey& key, arrow::Status status) override {
    MutexLock lock(mutex_);
    auto found = FindOrAddQuery(key.query);
    if (!found.ok()) return;
    auto& query = **found;
    auto& producer = query.producers[key];
    // The message may come twice, and a task that has finished can still be cancelled: the first word counts.
    if (producer.is_finished) return;
    producer.is_finished = true;
    producer.status = std::move(status);
    for (const auto& [number, unit] : producer.open) Forget(query, *unit);
    producer.open.clear();
    if (!producer.status.ok()) {
      for (const auto& unit : producer.closed) Forget(query, *unit);
      producer.closed.clear();
    }
    query.changed.NotifyAll();
  }

  arrow::Result<std::unique_ptr<UnitReader>> Read(const ProducerKey& key, PartitionRange range) override {
    MutexLock lock(mutex_);
    ARROW_ASSIGN_OR_RAISE(auto query, FindOrAddQuery(key.query));
    return MakeStoreReader(mutex_, std::move(query), key, range);
  }

  void DropQuery(const QueryId& id) override {
    std::map<ProducerKey, StoredProducer> freed;  // destroyed without the lock: it may be gigabytes
    std::shared_ptr<SpillFile> closed;
    MutexLock lock(mutex_);
    RememberDrop(id);
    const auto found = queries_.find(id);
    if (found == queries_.end()) return;
    auto& query = *found->second;
    query.is_dropped = true;
    memory_bytes_ -= query.memory_bytes;
    disk_bytes_ -= query.disk_bytes;
    freed.swap(query.producers);
    closed.swap(query.file);
    query.changed.NotifyAll();
    queries_.erase(found);
  }

  RetainedStoreUsage Usage() const override {
    MutexLock lock(mutex_);
    RetainedStoreUsage usage;
    usage.memory_bytes = memory_bytes_;
    usage.disk_bytes = disk_bytes_;
    usage.queries = queries_.size();
    for (const auto& [id, query] : queries_) {
      for (const auto& [key, producer] : query->producers) usage.units += producer.open.size() + producer.closed.size();
    }
    return usage;
  }

  uint64_t SpilledBytes(const ProducerKey& key) const override {
    MutexLock lock(mutex_);
    const auto query = queries_.find(key.query);
    if (query == queries_.end()) return 0;
    const auto producer = query->second->producers.find(key);
    return producer == query->second->producers.end() ? 0 : producer->second.spilled_bytes;
  }

 private:
  arrow::Result<std::shared_ptr<StoredQuery>> FindOrAddQuery(const QueryId& id) REQUIRES(mutex_) {
    if (dropped_.count(id) > 0) return Dropped(id);
    auto& query = queries_[id];
    if (!query) {
      query = std::make_shared<StoredQuery>();
      query->id = id;
    }
    return query;
  }

  static arrow::Status AfterFinish(const StoredProducer& producer, const UnitKey& key) {
    if (!producer.status.ok()) return producer.status;
    return InternalError("producer has finished: " + Describe(key));
  }

  static arrow::Result<std::shared_ptr<StoredUnit>> FindOpen(StoredQuery& query, const UnitKey& key) {
    const auto& producer = query.producers[ProducerOf(key)];
    const auto found = producer.open.find(key.unit);
    if (found != producer.open.end()) return found->second;
    if (producer.is_finished) return AfterFinish(producer, key);
    return InternalError("unit is not open: " + Describe(key));
  }

  arrow::Status ReserveDisk(StoredQuery& query, StoredBlock& stored) REQUIRES(mutex_) {
    if (disk_bytes_ + stored.bytes > options_.disk_bytes) {
      return WorldError("retained output is over its disk budget: directory=" + options_.directory +
                        " disk_bytes=" + std::to_string(options_.disk_bytes) + " used=" + std::to_string(disk_bytes_) +
                        "; give the workers more with --disk");
    }
    if (!query.file) {
      ARROW_ASSIGN_OR_RAISE(query.file, SpillFile::Make(options_.directory));
    }
    stored.offset = query.file->Reserve(stored.bytes);
    disk_bytes_ += stored.bytes;
    query.disk_bytes += stored.bytes;
    return arrow::Status::OK();
  }

  /// Writes without the lock and takes it again. A unit with a block that could not be written is broken for good.
  arrow::Status Spill(StoredQuery& query, StoredUnit& unit, uint64_t offset, const arrow::Buffer& data)
      REQUIRES(mutex_) {
    const auto file = query.file;
    unit.pending_writes++;
    mutex_.Unlock();
    auto written = file->Write(offset, data);
    mutex_.Lock();
    unit.pending_writes--;
    if (query.is_dropped) return Dropped(query.id);
    if (!written.ok()) unit.broken = written;
    return written;
  }

  /// Takes the unit's memory off the account. Its share of the spill file stays until the query is dropped.
  void Forget(StoredQuery& query, const StoredUnit& unit) REQUIRES(mutex_) {
    memory_bytes_ -= unit.memory_bytes;
    query.memory_bytes -= unit.memory_bytes;
  }

  void RememberDrop(const QueryId& id) REQUIRES(mutex_) {
    if (!dropped_.insert(id).second) return;
    drops_.push_back(id);
    if (drops_.size() <= kRememberedDrops) return;
    dropped_.erase(drops_.front());
    drops_.pop_front();
  }

  const RetainedStoreOptions options_;
  mutable Mutex mutex_;
  std::map<QueryId, std::shared_ptr<StoredQuery>> queries_ GUARDED_BY(mutex_);
  std::set<QueryId> dropped_ GUARDED_BY(mutex_);
  std::deque<QueryId> drops_ GUARDED_BY(mutex_);  // oldest first
  uint64_t memory_bytes_ GUARDED_BY(mutex_) = 0;
  uint64_t disk_bytes_ GUARDED_BY(mutex_) = 0;
};

}  // namespace

arrow::Result<std::unique_ptr<RetainedStore>> RetainedStore::Make(RetainedStoreOptions options) {
  // A directory that cannot be written to is found now, not when the first query spills.
  ARROW_RETURN_NOT_OK(SpillFile::Make(options.directory).status());
  return std::make_unique<RetainedStoreImpl>(std::move(options));
}

}  // namespace skein::core
