#include "engine/row_partitioner.h"

#include "engine/error_bridge.h"
#include "engine/partition_hash.h"

namespace skein::core {

using duckdb::idx_t;

RowPartitioner::RowPartitioner(duckdb::ClientContext& context,
                               const duckdb::vector<duckdb::unique_ptr<duckdb::Expression>>& keys,
                               const duckdb::vector<duckdb::LogicalType>& row_types,
                               const std::vector<PartitionRange>& ranges, std::atomic<uint64_t>& next_range,
                               Output output)
    : context_(context),
      row_types_(row_types),
      ranges_(ranges),
      next_range_(next_range),
      output_(std::move(output)),
      executor_(context) {
  duckdb::vector<duckdb::LogicalType> key_types;
  for (const auto& key : keys) {
    executor_.AddExpression(*key);
    key_types.push_back(key->return_type);
  }
  if (!key_types.empty()) keys_.Initialize(duckdb::Allocator::Get(context), key_types);
  encoders_.resize(is_by_hash() ? ranges.size() : 1);
  if (!is_by_hash()) return;
  rows_of_.resize(ranges.size());
  for (auto& rows : rows_of_) rows.Initialize(STANDARD_VECTOR_SIZE);
  counts_.resize(ranges.size());
  if (!row_types.empty()) slice_.InitializeEmpty(row_types);
}

void RowPartitioner::Append(duckdb::DataChunk& chunk) {
  if (chunk.size() == 0) return;
  if (!is_by_hash()) {
    AppendTo(0, chunk);
    return;
  }
  keys_.Reset();
  executor_.Execute(chunk, keys_);
  ComputePartitionHash(keys_, chunk.size(), hashes_);
  Route(chunk.size());
  for (idx_t range = 0; range < encoders_.size(); range++) {
    if (counts_[range] == 0) continue;
    slice_.Reset();
    slice_.Slice(chunk, rows_of_[range], counts_[range]);
    AppendTo(range, slice_);
  }
}

void RowPartitioner::Flush() {
  for (idx_t encoder = 0; encoder < encoders_.size(); encoder++) FlushEncoder(encoder);
}

void RowPartitioner::Route(idx_t count) {
  std::fill(counts_.begin(), counts_.end(), 0);
  const auto range_count = static_cast<uint32_t>(encoders_.size());
  for (idx_t row = 0; row < count; row++) {
    const auto range = IndexOfHash(hashes_[row], range_count);
    rows_of_[range].set_index(counts_[range]++, row);
  }
}

void RowPartitioner::AppendTo(idx_t encoder, duckdb::DataChunk& rows) {
  if (!encoders_[encoder]) encoders_[encoder] = BlockEncoder::Make(context_, row_types_);
  encoders_[encoder]->Append(rows);
  if (encoders_[encoder]->IsFull()) FlushEncoder(encoder);
}

void RowPartitioner::FlushEncoder(idx_t encoder) {
  if (!encoders_[encoder] || encoders_[encoder]->IsEmpty()) return;
  auto block = encoders_[encoder]->Finish();
  if (!block.ok()) ThrowForDuckDb(block.status());
  const auto range = is_by_hash() ? encoder : next_range_++ % ranges_.size();
  block->range = ranges_[range];
  output_(std::move(*block));
}

}  // namespace skein::core
