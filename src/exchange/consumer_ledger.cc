#include "exchange/consumer_ledger.h"

#include <iterator>
#include <string>

#include "base/error.h"

namespace skein::core {
namespace {

std::string Describe(const UnitKey& key) {
  return "task=" + std::to_string(key.task) + " attempt=" + std::to_string(key.attempt) +
         " unit=" + std::to_string(key.unit);
}

/// "rows=5/7": found and expected.
std::string Compare(const char* name, uint64_t found, uint64_t expected) {
  return std::string(" ") + name + "=" + std::to_string(found) + "/" + std::to_string(expected);
}

UnitPart SumOfOverlapping(const UnitTrailer& trailer, const PartitionRange& range) {
  UnitPart sum;
  for (const auto& part : trailer.parts) {
    if (!part.range.Overlaps(range)) continue;
    sum.blocks += part.blocks;
    sum.rows += part.rows;
    sum.bytes += part.bytes;
    sum.checksum += part.checksum;
  }
  return sum;
}

}  // namespace

uint64_t IdOf(const UnitKey& key) {
  // The finalizer of SplitMix64 (Steele, Lea, Flood 2014): a bijection, so two names never share an id.
  uint64_t id = ((uint64_t{key.task} << 32) | key.unit) + 0x9e3779b97f4a7c15;
  id = (id ^ (id >> 30)) * 0xbf58476d1ce4e5b9;
  id = (id ^ (id >> 27)) * 0x94d049bb133111eb;
  return id ^ (id >> 31);
}

arrow::Result<bool> ConsumerLedger::Offer(const UnitKey& key, const Block& block) {
  const Name name{key.task, key.unit};
  if (taken_.count(name) > 0) return false;
  const auto found = open_.find(name);
  if (found != open_.end() && found->second.key != key) return false;
  if (!block.range.Overlaps(range_)) {
    return Unavailable("block out of range: " + Describe(key) + " block=" + block.range.ToString() +
                       " consumer=" + range_.ToString());
  }
  if (ChecksumOf(*block.data) != block.checksum) {
    return Unavailable("block checksum differs: " + Describe(key) + " sequence=" + std::to_string(block.sequence));
  }
  auto& open = open_[name];
  open.key = key;
  if (!open.sequences.insert(block.sequence).second) {
    return Unavailable("block delivered twice: " + Describe(key) + " sequence=" + std::to_string(block.sequence));
  }
  open.rows += block.rows;
  open.bytes += static_cast<uint64_t>(block.data->size());
  open.checksum += block.checksum;
  return true;
}

arrow::Result<bool> ConsumerLedger::Close(const UnitTrailer& trailer) {
  const auto& key = trailer.key;
  closed_[{key.task, key.attempt}].insert(key.unit);
  const Name name{key.task, key.unit};
  if (taken_.count(name) > 0) return false;
  Open open;
  if (const auto found = open_.find(name); found != open_.end()) {
    if (found->second.key != key) return false;
    open = found->second;
  }
  const auto expected = SumOfOverlapping(trailer, range_);
  if (open.sequences.size() != expected.blocks || open.rows != expected.rows || open.bytes != expected.bytes ||
      open.checksum != expected.checksum) {
    return Unavailable("unit truncated: " + Describe(key) + Compare("blocks", open.sequences.size(), expected.blocks) +
                       Compare("rows", open.rows, expected.rows) + Compare("bytes", open.bytes, expected.bytes) +
                       (open.checksum == expected.checksum ? "" : " checksum differs"));
  }
  open_.erase(name);
  taken_.insert(name);
  summary_.Add(IdOf(key));
  rows_ += open.rows;
  bytes_ += open.bytes;
  return true;
}

arrow::Status ConsumerLedger::EndOfProducer(uint32_t task, AttemptId attempt, uint32_t units) {
  for (auto at = open_.lower_bound({task, 0}); at != open_.end() && at->first.first == task; ++at) {
    if (at->second.key.attempt != attempt) continue;
    return Unavailable("unit truncated: " + Describe(at->second.key) + " has no trailer");
  }
  // Counted over what this attempt closed, not over what was taken: a unit that another attempt still delivers is
  // proved by CheckCoverage.
  const auto closed = closed_.find({task, attempt});
  const size_t seen = closed == closed_.end() ? 0 : closed->second.size();
  if (seen != units) {
    return Unavailable("unit missing: task=" + std::to_string(task) + " attempt=" + std::to_string(attempt) +
                       Compare("units", seen, units));
  }
  const auto [ended, is_first] = ended_.emplace(task, units);
  if (!is_first && ended->second != units) {
    return Unavailable("attempts disagree: task=" + std::to_string(task) + Compare("units", units, ended->second));
  }
  return arrow::Status::OK();
}

arrow::Status ConsumerLedger::CheckEnded() const {
  for (const auto& [task, units] : ended_) {
    const auto taken =
        static_cast<size_t>(std::distance(taken_.lower_bound({task, 0}), taken_.upper_bound({task, UINT32_MAX})));
    if (taken != units) {
      return Unavailable("unit missing: task=" + std::to_string(task) + Compare("units", taken, units));
    }
  }
  return arrow::Status::OK();
}

arrow::Status ConsumerLedger::CheckCoverage(uint32_t first_task, uint32_t task_count) const {
  for (uint32_t task = first_task; task < first_task + task_count; task++) {
    if (ended_.count(task) == 0) return Unavailable("producer missing: task=" + std::to_string(task));
  }
  if (ended_.size() > task_count) {
    return InternalError("unknown producer: task=" + std::to_string(ended_.rbegin()->first) +
                         " tasks=" + std::to_string(task_count));
  }
  return CheckEnded();
}

}  // namespace skein::core
