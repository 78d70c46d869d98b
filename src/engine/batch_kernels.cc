#include "engine/batch_kernels.h"

#include <algorithm>
#include <functional>
#include <utility>

#include <arrow/array/builder_binary.h>
#include <arrow/array/concatenate.h>
#include <arrow/c/bridge.h>

#include "base/error.h"
#include "base/mutex.h"
#include "duckdb.hpp"
#include "duckdb/common/arrow/arrow_wrapper.hpp"
#include "duckdb/function/create_sort_key.hpp"
#include "duckdb/function/table/arrow.hpp"
#include "engine/error_bridge.h"
#include "engine/partition_hash.h"

namespace skein::core {
namespace {

using duckdb::idx_t;

/// Makes the chunks of one batch, one after another.
class ChunkReader {
 public:
  ChunkReader(duckdb::ClientContext& context, const arrow::RecordBatch& batch) : context_(context), batch_(batch) {}

  /// Throws DuckDB's exceptions, as Next does.
  arrow::Status Start() {
    duckdb::ArrowSchemaWrapper schema;
    ARROW_RETURN_NOT_OK(arrow::ExportSchema(*batch_.schema(), &schema.arrow_schema));
    duckdb::ArrowTableFunction::PopulateArrowTableSchema(context_, table_, schema.arrow_schema);
    auto wrapper = duckdb::make_uniq<duckdb::ArrowArrayWrapper>();
    ARROW_RETURN_NOT_OK(arrow::ExportRecordBatch(batch_, &wrapper->arrow_array));
    state_ = duckdb::make_uniq<duckdb::ArrowScanLocalState>(std::move(wrapper), context_);
    chunk_.Initialize(duckdb::Allocator::Get(context_), table_.GetTypes());
    return arrow::Status::OK();
  }

  /// Returns the next rows, or null at the end.
  duckdb::DataChunk* Next() {
    const auto rows = static_cast<idx_t>(batch_.num_rows());
    if (state_->chunk_offset >= rows) return nullptr;
    chunk_.Reset();
    chunk_.SetCardinality(duckdb::MinValue<idx_t>(STANDARD_VECTOR_SIZE, rows - state_->chunk_offset));
    duckdb::ArrowTableFunction::ArrowToDuckDB(*state_, table_.GetColumns(), chunk_, false);
    state_->chunk_offset += chunk_.size();
    return &chunk_;
  }

 private:
  duckdb::ClientContext& context_;
  const arrow::RecordBatch& batch_;
  duckdb::ArrowTableSchema table_;
  duckdb::unique_ptr<duckdb::ArrowScanLocalState> state_;
  duckdb::DataChunk chunk_;
};

bool HasOffset(const arrow::ArrayData& data) {
  return data.offset != 0 || std::any_of(data.child_data.begin(), data.child_data.end(),
                                         [](const auto& child) { return HasOffset(*child); });
}

// DuckDB loses the offsets of arrays that lie within sliced ones: such columns are copied. It also reads list views
// wrongly behind their first chunk: nested columns are given to it in pieces of one.
arrow::Result<std::shared_ptr<arrow::RecordBatch>> WithoutNestedOffsets(const arrow::RecordBatch& batch) {
  arrow::ArrayVector columns;
  for (const auto& column : batch.columns()) {
    const bool is_copied = !column->data()->child_data.empty() && HasOffset(*column->data());
    ARROW_ASSIGN_OR_RAISE(auto plain, is_copied ? arrow::Concatenate({column}) : column);
    columns.push_back(std::move(plain));
  }
  return arrow::RecordBatch::Make(batch.schema(), batch.num_rows(), std::move(columns));
}

bool IsNested(const arrow::RecordBatch& batch) {
  const auto& columns = batch.columns();
  return std::any_of(columns.begin(), columns.end(),
                     [](const auto& column) { return !column->data()->child_data.empty(); });
}

/// Says whether DuckDB reads this column. Throws where it does not.
void ReadType(duckdb::ClientContext& context, const arrow::Field& field) {
  duckdb::ArrowSchemaWrapper schema;
  const auto exported = arrow::ExportSchema(arrow::Schema({field.Copy()}), &schema.arrow_schema);
  if (!exported.ok()) throw duckdb::NotImplementedException(exported.message());
  duckdb::ArrowTableSchema table;
  duckdb::ArrowTableFunction::PopulateArrowTableSchema(context, table, schema.arrow_schema);
  table.GetColumns().at(0)->ThrowIfInvalid();
}

class DuckDbBatchKernels : public BatchKernels {
 public:
  arrow::Status CheckReadable(const arrow::Schema& schema) override {
    MutexLock lock(mutex_);
    return CatchDuckDb([&]() REQUIRES(mutex_) { return CheckColumns(schema); });
  }

  arrow::Result<std::vector<uint32_t>> PartitionHash(const arrow::RecordBatch& keys) override {
    std::vector<uint32_t> hashes(static_cast<size_t>(keys.num_rows()));
    auto* out = hashes.data();
    ARROW_RETURN_NOT_OK(ForEachChunk(keys, [&](duckdb::DataChunk& chunk) {
      ComputePartitionHash(chunk, chunk.size(), out);
      out += chunk.size();
      return arrow::Status::OK();
    }));
    return hashes;
  }

  arrow::Result<std::shared_ptr<arrow::LargeBinaryArray>> SortKeys(
      const arrow::RecordBatch& keys, const std::vector<SortDirection>& directions) override {
    duckdb::vector<duckdb::OrderModifiers> modifiers;
    for (const auto& direction : directions) {
      modifiers.emplace_back(
          direction.is_ascending ? duckdb::OrderType::ASCENDING : duckdb::OrderType::DESCENDING,
          direction.are_nulls_first ? duckdb::OrderByNullType::NULLS_FIRST : duckdb::OrderByNullType::NULLS_LAST);
    }
    arrow::LargeBinaryBuilder builder;
    ARROW_RETURN_NOT_OK(ForEachChunk(keys, [&](duckdb::DataChunk& chunk) {
      duckdb::Vector sort_keys(duckdb::LogicalType::BLOB, chunk.size());
      duckdb::CreateSortKeyHelpers::CreateSortKey(chunk, modifiers, sort_keys);
      sort_keys.Flatten(chunk.size());
      const auto* bytes = duckdb::FlatVector::GetData<duckdb::string_t>(sort_keys);
      for (idx_t row = 0; row < chunk.size(); row++) {
        ARROW_RETURN_NOT_OK(builder.Append(bytes[row].GetData(), static_cast<int64_t>(bytes[row].GetSize())));
      }
      return arrow::Status::OK();
    }));
    std::shared_ptr<arrow::LargeBinaryArray> out;
    ARROW_RETURN_NOT_OK(builder.Finish(&out));
    return out;
  }

 private:
  /// Throws DuckDB's exceptions.
  duckdb::ClientContext& context() REQUIRES(mutex_) {
    if (!connection_) {
      duckdb::DBConfig config;
      config.SetOptionByName("threads", duckdb::Value::BIGINT(1));
      config.SetOptionByName("autoinstall_known_extensions", duckdb::Value::BOOLEAN(false));
      config.SetOptionByName("autoload_known_extensions", duckdb::Value::BOOLEAN(false));
      config.options.load_extensions = false;  // their functions take longer to register than all else
      database_ = std::make_unique<duckdb::DuckDB>(nullptr, &config);
      connection_ = std::make_unique<duckdb::Connection>(*database_);
    }
    return *connection_->context;
  }

  arrow::Status CheckColumns(const arrow::Schema& schema) REQUIRES(mutex_) {
    for (const auto& field : schema.fields()) {
      try {
        ReadType(context(), *field);
      } catch (const std::exception& error) {
        const auto reason = FromDuckDb(duckdb::ErrorData(error));
        return UserError("column '" + field->name() + "' of type " + field->type()->ToString() +
                             " cannot be a key: " + reason.message(),
                         "Not implemented");
      }
    }
    return arrow::Status::OK();
  }

  arrow::Status ForEachChunk(const arrow::RecordBatch& batch,
                             const std::function<arrow::Status(duckdb::DataChunk&)>& body) {
    // DuckDB trusts the sizes of buffers.
    ARROW_RETURN_NOT_OK(batch.Validate());
    const int64_t piece_rows = IsNested(batch) ? STANDARD_VECTOR_SIZE : std::max<int64_t>(batch.num_rows(), 1);
    MutexLock lock(mutex_);
    return CatchDuckDb([&]() REQUIRES(mutex_) {
      if (!checked_ || !batch.schema()->Equals(*checked_, /*check_metadata=*/true)) {
        ARROW_RETURN_NOT_OK(CheckColumns(*batch.schema()));
        checked_ = batch.schema();
      }
      for (int64_t row = 0; row < batch.num_rows(); row += piece_rows) {
        ARROW_ASSIGN_OR_RAISE(const auto piece, WithoutNestedOffsets(*batch.Slice(row, piece_rows)));
        ChunkReader reader(context(), *piece);
        ARROW_RETURN_NOT_OK(reader.Start());
        while (auto* chunk = reader.Next()) ARROW_RETURN_NOT_OK(body(*chunk));
      }
      return arrow::Status::OK();
    });
  }

  Mutex mutex_;
  std::unique_ptr<duckdb::DuckDB> database_ GUARDED_BY(mutex_);  // null before the first call
  std::unique_ptr<duckdb::Connection> connection_ GUARDED_BY(mutex_);
  std::shared_ptr<arrow::Schema> checked_ GUARDED_BY(mutex_);  // the last one that DuckDB reads
};

}  // namespace

std::unique_ptr<BatchKernels> BatchKernels::Make() { return std::make_unique<DuckDbBatchKernels>(); }

}  // namespace skein::core
