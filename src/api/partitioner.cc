#include "skein/partitioner.h"

#include <algorithm>
#include <functional>
#include <numeric>
#include <utility>

#include <arrow/array/array_primitive.h>
#include <arrow/buffer.h>

#include "api/batch_rows.h"
#include "api/range_boundaries.h"
#include "base/error.h"
#include "engine/batch_kernels.h"
#include "plan/partition_range.h"

namespace skein {
namespace {

using Partitions = std::vector<arrow::RecordBatchVector>;
/// Says for each row of a batch into which partition it goes.
using Router = std::function<arrow::Result<std::vector<uint32_t>>(const arrow::RecordBatch&)>;

arrow::Status CheckCount(const PartitionStrategy& strategy) {
  const auto count = CountPartitions(strategy);
  if (count >= 1 && count <= kMaxPartitions) return arrow::Status::OK();
  return core::UserError("cannot make " + std::to_string(count) + " partitions, only 1 to " +
                         std::to_string(kMaxPartitions));
}

arrow::Result<Router> HashRouter(core::BatchKernels& kernels, const HashPartitioning& hash,
                                 const arrow::Schema& schema) {
  if (hash.key_columns.empty()) return core::UserError("no key column to partition by");
  ARROW_ASSIGN_OR_RAISE(auto columns, FindColumns(schema, hash.key_columns));
  return [&kernels, columns,
          count = hash.num_partitions](const arrow::RecordBatch& batch) -> arrow::Result<std::vector<uint32_t>> {
    ARROW_ASSIGN_OR_RAISE(const auto keys, batch.SelectColumns(columns));
    ARROW_ASSIGN_OR_RAISE(auto rows, kernels.PartitionHash(*keys));
    for (auto& row : rows) row = core::IndexOfHash(row, count);
    return rows;
  };
}

arrow::Result<Router> RangeRouter(core::BatchKernels& kernels, const RangePartitioning& range,
                                  const arrow::Schema& schema) {
  ARROW_ASSIGN_OR_RAISE(auto columns, FindColumns(schema, {range.key_column}));
  ARROW_RETURN_NOT_OK(kernels.CheckReadable(arrow::Schema({schema.field(columns[0])})));
  ARROW_ASSIGN_OR_RAISE(auto boundaries, BoundaryKeys(kernels, *schema.field(columns[0]), range.boundaries));
  return [&kernels, columns, boundaries](const arrow::RecordBatch& batch) -> arrow::Result<std::vector<uint32_t>> {
    ARROW_ASSIGN_OR_RAISE(const auto keys, batch.SelectColumns(columns));
    ARROW_ASSIGN_OR_RAISE(const auto sort_keys, kernels.SortKeys(*keys, RangeDirections()));
    std::vector<uint32_t> rows(static_cast<size_t>(sort_keys->length()));
    for (int64_t row = 0; row < sort_keys->length(); row++) {
      const auto key = sort_keys->GetView(row);
      int64_t low = 0;
      for (int64_t high = boundaries->length(); low < high;) {
        const auto middle = low + (high - low) / 2;
        key < boundaries->GetView(middle) ? high = middle : low = middle + 1;
      }
      rows[static_cast<size_t>(row)] = static_cast<uint32_t>(low);
    }
    return rows;
  };
}

/// Appends the rows of a batch to their partitions.
arrow::Status Distribute(const std::shared_ptr<arrow::RecordBatch>& batch, const std::vector<uint32_t>& partition_of,
                         Partitions& partitions) {
  // Counting sort: the rows of a partition stand together, in their order.
  std::vector<int64_t> end_of(partitions.size(), 0);
  for (const auto partition : partition_of) end_of[partition]++;
  std::partial_sum(end_of.begin(), end_of.end(), end_of.begin());
  std::vector<int64_t> next(partitions.size(), 0);
  std::copy(end_of.begin(), end_of.end() - 1, next.begin() + 1);
  std::vector<int64_t> rows(partition_of.size());
  for (size_t row = 0; row < rows.size(); row++)
    rows[static_cast<size_t>(next[partition_of[row]]++)] = static_cast<int64_t>(row);
  const arrow::Int64Array order(batch->num_rows(), arrow::Buffer::Wrap(rows));
  for (size_t partition = 0; partition < partitions.size(); partition++) {
    const auto begin = partition == 0 ? 0 : end_of[partition - 1];
    const auto count = end_of[partition] - begin;
    if (count == 0) continue;
    if (count == batch->num_rows()) {
      partitions[partition].push_back(batch);
    } else {
      ARROW_ASSIGN_OR_RAISE(auto taken, TakeRows(*batch, *order.Slice(begin, count)));
      partitions[partition].push_back(std::move(taken));
    }
  }
  return arrow::Status::OK();
}

arrow::Result<Partitions> DealInTurn(const arrow::RecordBatchVector& batches, uint32_t count) {
  Partitions partitions(count);
  size_t next = 0;
  for (const auto& batch : batches) {
    if (batch->num_rows() > 0) partitions[next++ % count].push_back(batch);
  }
  return partitions;
}

}  // namespace

Partitioner Partitioner::Hash(std::vector<std::string> key_columns, uint32_t num_partitions) {
  return Make(HashPartitioning{std::move(key_columns), num_partitions});
}

Partitioner Partitioner::Range(std::string key_column, std::vector<RangeBoundary> boundaries) {
  return Make(RangePartitioning{std::move(key_column), std::move(boundaries)});
}

Partitioner Partitioner::RoundRobin(uint32_t num_partitions) { return Make(RoundRobinPartitioning{num_partitions}); }

Partitioner Partitioner::Make(PartitionStrategy strategy) { return Partitioner(std::move(strategy)); }

Partitioner::Partitioner(PartitionStrategy strategy)
    : strategy_(std::move(strategy)), kernels_(core::BatchKernels::Make()) {}

arrow::Result<Partitions> Partitioner::Partition(const arrow::RecordBatchVector& batches) const {
  ARROW_RETURN_NOT_OK(CheckCount(strategy_));
  ARROW_RETURN_NOT_OK(CheckBatches(batches));
  if (const auto* turns = std::get_if<RoundRobinPartitioning>(&strategy_)) {
    return DealInTurn(batches, turns->num_partitions);
  }
  Partitions partitions(CountPartitions(strategy_));
  if (batches.empty()) return partitions;
  const auto& schema = *batches[0]->schema();
  const auto* hash = std::get_if<HashPartitioning>(&strategy_);
  ARROW_ASSIGN_OR_RAISE(const auto route, hash
                                              ? HashRouter(*kernels_, *hash, schema)
                                              : RangeRouter(*kernels_, std::get<RangePartitioning>(strategy_), schema));
  for (const auto& batch : batches) {
    ARROW_ASSIGN_OR_RAISE(const auto partition_of, route(*batch));
    if (batch->num_rows() > 0) ARROW_RETURN_NOT_OK(Distribute(batch, partition_of, partitions));
  }
  return partitions;
}

}  // namespace skein
