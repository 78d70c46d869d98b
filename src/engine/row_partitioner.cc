#include "engine/row_partitioner.h"

#include "base/error.h"
#include "engine/error_bridge.h"
#include "engine/partition_hash.h"

namespace skein::core {

using duckdb::idx_t;

RowPartitioner::RowPartitioner(duckdb::ClientContext& context,
                               const duckdb::vector<duckdb::unique_ptr<duckdb::Expression>>& keys,
                               const duckdb::vector<duckdb::LogicalType>& row_types,
                               const std::vector<PartitionRange>& ranges, std::atomic<uint64_t>& next_range,
                               Output output, KeyMeaning meaning)
    : context_(context),
      row_types_(row_types),
      ranges_(ranges),
      next_range_(next_range),
      output_(std::move(output)),
      meaning_(meaning),
      executor_(context) {
  duckdb::vector<duckdb::LogicalType> key_types;
  for (const auto& key : keys) {
    executor_.AddExpression(*key);
    key_types.push_back(key->return_type);
  }
  if (!key_types.empty()) keys_.Initialize(duckdb::Allocator::Get(context), key_types);
  encoders_.resize(is_by_key() ? ranges.size() : 1);
  if (!is_by_key()) return;
  rows_of_.resize(ranges.size());
  for (auto& rows : rows_of_) rows.Initialize(STANDARD_VECTOR_SIZE);
  counts_.resize(ranges.size());
  if (!row_types.empty()) slice_.InitializeEmpty(row_types);
}

void RowPartitioner::Append(duckdb::DataChunk& chunk) {
  if (chunk.size() == 0) return;
  if (!is_by_key()) {
    AppendTo(0, chunk);
    return;
  }
  keys_.Reset();
  executor_.Execute(chunk, keys_);
  FindPartitions(chunk.size());
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

void RowPartitioner::FindPartitions(idx_t count) {
  const auto range_count = static_cast<uint32_t>(encoders_.size());
  if (meaning_ == KeyMeaning::kHashed) {
    ComputePartitionHash(keys_, count, partitions_);
    for (idx_t row = 0; row < count; row++) partitions_[row] = IndexOfHash(partitions_[row], range_count);
    return;
  }
  duckdb::UnifiedVectorFormat format;
  keys_.data[0].ToUnifiedFormat(count, format);
  const auto* indexes = duckdb::UnifiedVectorFormat::GetData<int64_t>(format);
  for (idx_t row = 0; row < count; row++) {
    const auto at = format.sel->get_index(row);
    if (!format.validity.RowIsValid(at) || indexes[at] < 0 || indexes[at] >= range_count) {
      ThrowForDuckDb(InternalError("a row names a partition that is not there"));
    }
    partitions_[row] = static_cast<uint32_t>(indexes[at]);
  }
}

void RowPartitioner::Route(idx_t count) {
  std::fill(counts_.begin(), counts_.end(), 0);
  for (idx_t row = 0; row < count; row++) {
    const auto range = partitions_[row];
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
  const auto range = is_by_key() ? encoder : next_range_++ % ranges_.size();
  block->range = ranges_[range];
  output_(std::move(*block));
}

}  // namespace skein::core
