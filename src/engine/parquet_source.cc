// Splits that are row groups of Parquet files. DuckDB's multi-file reader maps columns, constants (hive, filename) and
// casts as in the planned scan.
#include "engine/split_files.h"
#include "engine/split_source.h"

namespace skein::core {
namespace {

class ParquetSource : public SplitSource {
 public:
  ParquetSource(duckdb::ClientContext& context, const SplitScanSpec& of_scan,
                duckdb::unique_ptr<duckdb::TableFilterSet> all_filters)
      : spec(of_scan), filters(std::move(all_filters)), files(context, of_scan, filters.get()) {}
  std::unique_ptr<SplitReader> MakeReader(duckdb::ExecutionContext& context) override;

  const SplitScanSpec& spec;
  const duckdb::unique_ptr<duckdb::TableFilterSet> filters;
  SplitFiles files;
};

class ParquetSplitReader : public SplitReader {
 public:
  ParquetSplitReader(duckdb::ClientContext& context, ParquetSource& source)
      : context_(context), source_(source), executor_(context) {}
  bool Begin(const Split& split) override;
  bool Next(duckdb::DataChunk& out) override;

 private:
  void PrepareChunk();
  duckdb::AsyncResultType Read();

  duckdb::ClientContext& context_;
  ParquetSource& source_;
  SplitFile* file_ = nullptr;
  SplitFile* prepared_ = nullptr;
  duckdb::ParquetReaderScanState scan_;
  duckdb::DataChunk chunk_;
  duckdb::ExpressionExecutor executor_;
};

std::unique_ptr<SplitReader> ParquetSource::MakeReader(duckdb::ExecutionContext& context) {
  return std::make_unique<ParquetSplitReader>(context.client, *this);
}

bool ParquetSplitReader::Begin(const Split& split) {
  const auto parquet = ParquetSplit::FromBytes(split.payload);
  file_ = &source_.files.Get(parquet);
  if (file_->is_skipped) return false;
  if (prepared_ != file_) {
    scan_ = duckdb::ParquetReaderScanState();
    PrepareChunk();
    prepared_ = file_;
  }
  file_->reader().InitializeScan(context_, scan_, parquet.row_groups);
  return true;
}

// The chunk that the file's reader fills has the file's types; expressions over it give the scan's columns.
void ParquetSplitReader::PrepareChunk() {
  auto& reader = file_->reader();
  duckdb::vector<duckdb::LogicalType> local_types;
  for (duckdb::idx_t i = 0; i < reader.column_ids.size(); i++) {
    const auto local_id = reader.column_ids[duckdb::MultiFileLocalIndex(i)];
    auto cast = reader.cast_map.find(local_id);
    auto expression = reader.expression_map.find(local_id);
    if (cast != reader.cast_map.end()) {
      local_types.push_back(cast->second);
    } else if (expression != reader.expression_map.end()) {
      local_types.push_back(expression->second->return_type);
    } else {
      local_types.push_back(reader.GetColumns()[local_id].type);
    }
  }
  chunk_.Destroy();
  chunk_.Initialize(duckdb::BufferAllocator::Get(context_), local_types);
  executor_.ClearExpressions();
  if (source_.spec.projection_ids.empty()) {
    for (auto& expression : file_->data.expressions) executor_.AddExpression(*expression);
  } else {
    for (auto id : source_.spec.projection_ids) executor_.AddExpression(*file_->data.expressions[id]);
  }
}

// Asks the file's reader for the next rows; BLOCKED means to ask again.
duckdb::AsyncResultType ParquetSplitReader::Read() {
  try {
    auto result = file_->reader().Scan(context_, scan_, chunk_);
    const auto state = result.GetResultType();
    if (state == duckdb::AsyncResultType::BLOCKED) result.ExecuteTasksSynchronously();
    return state;
  } catch (std::exception& error) {
    file_->ThrowReadError(error);
  }
}

bool ParquetSplitReader::Next(duckdb::DataChunk& out) {
  while (true) {
    chunk_.Reset();
    const auto state = Read();
    if (state == duckdb::AsyncResultType::BLOCKED) continue;
    if (chunk_.size() > 0) {
      source_.files.multi_file_reader().FinalizeChunk(context_, source_.files.bind_data(), file_->reader(), file_->data,
                                                      chunk_, out, executor_, nullptr);
      return true;
    }
    if (state == duckdb::AsyncResultType::FINISHED) {
      file_->CheckUnchanged();
      return false;
    }
  }
}

}  // namespace

std::unique_ptr<SplitSource> MakeParquetSource(duckdb::ClientContext& context, const SplitScanSpec& spec,
                                               duckdb::unique_ptr<duckdb::TableFilterSet> filters) {
  return std::make_unique<ParquetSource>(context, spec, std::move(filters));
}

}  // namespace skein::core
