#include "skein/merge.h"

#include <queue>
#include <utility>

#include "api/batch_rows.h"
#include "api/merge_window.h"
#include "api/sorted_run.h"
#include "base/error.h"

namespace skein {
namespace {

using Partitions = std::vector<arrow::RecordBatchVector>;

/// Returns the partitions without their empty batches, each batch with exactly this schema.
arrow::Result<Partitions> Check(const Partitions& partitions, const std::shared_ptr<arrow::Schema>& schema) {
  Partitions checked(partitions.size());
  for (size_t p = 0; p < partitions.size(); p++) {
    int64_t row = 0;
    for (const auto& batch : partitions[p]) {
      const auto name = "the batch at row " + std::to_string(row) + " of partition " + std::to_string(p);
      ARROW_RETURN_NOT_OK(CheckBatch(batch, *schema, name));
      row += batch->num_rows();
      if (batch->num_rows() == 0) continue;
      ARROW_ASSIGN_OR_RAISE(auto same, batch->ReplaceSchema(schema));
      checked[p].push_back(std::move(same));
    }
  }
  return checked;
}

arrow::Result<SortOrder> FindOrder(const arrow::Schema& schema, const std::vector<SortColumn>& columns) {
  if (columns.empty()) return core::UserError("no column to sort by");
  SortOrder order;
  std::vector<std::string> names;
  for (const auto& column : columns) {
    names.push_back(column.name);
    order.directions.push_back({column.ascending, column.nulls_first});
  }
  ARROW_ASSIGN_OR_RAISE(order.columns, FindColumns(schema, names));
  return order;
}

/// Takes the row that comes first, again and again: of equal ones, that of the first partition.
arrow::Result<arrow::RecordBatchVector> MergeRuns(std::vector<SortedRun>& runs) {
  const auto is_later = [&runs](size_t left, size_t right) {
    const auto order = runs[left].key().compare(runs[right].key());
    return order != 0 ? order > 0 : left > right;
  };
  std::priority_queue<size_t, std::vector<size_t>, decltype(is_later)> heads(is_later);
  for (size_t run = 0; run < runs.size(); run++) {
    ARROW_RETURN_NOT_OK(runs[run].Start());
    if (!runs[run].is_finished()) heads.push(run);
  }
  MergeWindow window(runs.size());
  arrow::RecordBatchVector out;
  while (!heads.empty()) {
    const auto first = heads.top();
    heads.pop();
    auto& run = runs[first];
    window.Add(first, run.batch(), run.row());
    ARROW_RETURN_NOT_OK(run.Next());
    if (!run.is_finished()) heads.push(first);
    if (window.rows() < Merge::kBatchRows && !heads.empty()) continue;
    ARROW_ASSIGN_OR_RAISE(auto batch, window.Finish());
    out.push_back(std::move(batch));
  }
  return out;
}

}  // namespace

Merge Merge::Concat(std::shared_ptr<arrow::Schema> schema) { return Merge(std::move(schema), {}, false); }

Merge Merge::Sorted(std::shared_ptr<arrow::Schema> schema, std::vector<SortColumn> columns) {
  return Merge(std::move(schema), std::move(columns), true);
}

Merge::Merge(std::shared_ptr<arrow::Schema> schema, std::vector<SortColumn> columns, bool is_sorted)
    : schema_(std::move(schema)),
      columns_(std::move(columns)),
      is_sorted_(is_sorted),
      kernels_(core::BatchKernels::Make()) {}

arrow::Result<arrow::RecordBatchVector> Merge::Execute(const Partitions& partitions) const {
  if (!schema_) return core::UserError("the schema is a null pointer");
  ARROW_ASSIGN_OR_RAISE(const auto checked, Check(partitions, schema_));
  if (!is_sorted_) {
    arrow::RecordBatchVector out;
    for (const auto& batches : checked) out.insert(out.end(), batches.begin(), batches.end());
    return out;
  }
  ARROW_ASSIGN_OR_RAISE(const auto order, FindOrder(*schema_, columns_));
  std::vector<SortedRun> runs;
  for (size_t p = 0; p < checked.size(); p++) runs.emplace_back(*kernels_, order, checked[p], p);
  return MergeRuns(runs);
}

}  // namespace skein
