#include "engine/arrow_block_codec.h"

#include <utility>

#include <arrow/array.h>
#include <arrow/c/bridge.h>
#include <arrow/io/memory.h>
#include <arrow/ipc/api.h>
#include <arrow/record_batch.h>

#include "base/error.h"
#include "duckdb/common/arrow/arrow_appender.hpp"
#include "duckdb/common/arrow/arrow_converter.hpp"
#include "duckdb/common/arrow/arrow_type_extension.hpp"
#include "duckdb/function/table/arrow.hpp"
#include "engine/error_bridge.h"

namespace skein::core {
namespace {

using duckdb::idx_t;
using duckdb::LogicalType;

// Lossless, and decimals in the width that DuckDB stores them in: no conversion of a DECIMAL(15,2) to 128 bits and
// back.
duckdb::ClientProperties PropertiesFor(duckdb::ClientContext& context) {
  auto properties = context.GetClientProperties();
  properties.arrow_lossless_conversion = true;
  properties.arrow_output_version = duckdb::ArrowFormatVersion::V1_5;
  properties.arrow_offset_size = duckdb::ArrowOffsetSize::REGULAR;
  properties.produce_arrow_string_view = false;
  properties.arrow_use_list_view = false;
  return properties;
}

void MakeArrowSchema(duckdb::ClientContext& context, const duckdb::vector<LogicalType>& types, ArrowSchema* out) {
  duckdb::vector<std::string> names;
  for (idx_t i = 0; i < types.size(); i++) names.push_back("c" + std::to_string(i));
  auto properties = PropertiesFor(context);
  duckdb::ArrowConverter::ToArrowSchema(out, types, names, properties);
}

// Bytes that one row of these types takes, strings guessed; only the size of blocks depends on it.
idx_t GuessRowBytes(const duckdb::vector<LogicalType>& types) {
  idx_t bytes = 1;
  for (const auto& type : types) {
    const bool is_string = type.InternalType() == duckdb::PhysicalType::VARCHAR;
    bytes += is_string ? 4 : duckdb::GetTypeIdSize(type.InternalType());
  }
  return bytes;
}

class ArrowEncoder : public BlockEncoder {
 public:
  ArrowEncoder(duckdb::ClientContext& context, const duckdb::vector<LogicalType>& types)
      : context_(context),
        types_(types),
        extensions_(duckdb::ArrowTypeExtensionData::GetExtensionTypes(context, types)),
        row_bytes_(GuessRowBytes(types)) {
    for (idx_t i = 0; i < types.size(); i++) {
      if (types[i].InternalType() == duckdb::PhysicalType::VARCHAR) string_columns_.push_back(i);
    }
  }

  void Append(duckdb::DataChunk& chunk) override {
    if (!appender_) {
      appender_ =
          duckdb::make_uniq<duckdb::ArrowAppender>(types_, STANDARD_VECTOR_SIZE, PropertiesFor(context_), extensions_);
    }
    appender_->Append(chunk, 0, chunk.size(), chunk.size());
    bytes_ += chunk.size() * row_bytes_ + StringBytes(chunk);
  }

  bool IsEmpty() const override { return !appender_ || appender_->RowCount() == 0; }
  bool IsFull() const override { return bytes_ >= kTargetBytes; }

  arrow::Result<Block> Finish() override {
    if (!schema_) {
      ArrowSchema schema;
      MakeArrowSchema(context_, types_, &schema);
      ARROW_ASSIGN_OR_RAISE(schema_, arrow::ImportSchema(&schema));
    }
    auto array = appender_->Finalize();
    appender_.reset();
    bytes_ = 0;
    ARROW_ASSIGN_OR_RAISE(auto batch, arrow::ImportRecordBatch(&array, schema_));
    Block block;
    block.rows = static_cast<uint64_t>(batch->num_rows());
    block.codec = BlockCodec::kArrowIpc;
    auto options = arrow::ipc::IpcWriteOptions::Defaults();
    options.use_threads = false;
    ARROW_ASSIGN_OR_RAISE(block.data, arrow::ipc::SerializeRecordBatch(*batch, options));
    block.checksum = ChecksumOf(*block.data);
    return block;
  }

 private:
  idx_t StringBytes(duckdb::DataChunk& chunk) const {
    idx_t bytes = 0;
    for (auto column : string_columns_) {
      duckdb::UnifiedVectorFormat format;
      chunk.data[column].ToUnifiedFormat(chunk.size(), format);
      const auto* strings = duckdb::UnifiedVectorFormat::GetData<duckdb::string_t>(format);
      for (idx_t row = 0; row < chunk.size(); row++) {
        const auto at = format.sel->get_index(row);
        if (format.validity.RowIsValid(at)) bytes += strings[at].GetSize();
      }
    }
    return bytes;
  }

  duckdb::ClientContext& context_;
  const duckdb::vector<LogicalType> types_;
  const std::unordered_map<idx_t, const duckdb::shared_ptr<duckdb::ArrowTypeExtensionData>> extensions_;
  const idx_t row_bytes_;
  duckdb::vector<idx_t> string_columns_;
  duckdb::unique_ptr<duckdb::ArrowAppender> appender_;
  std::shared_ptr<arrow::Schema> schema_;
  idx_t bytes_ = 0;
};

/// Validate has looked at the first and the last offset: those between must not go backwards.
arrow::Status CheckOffsets(const arrow::Array& column) {
  const auto id = column.type_id();
  if (column.length() == 0 || (id != arrow::Type::STRING && id != arrow::Type::BINARY)) return arrow::Status::OK();
  const auto* offsets = static_cast<const arrow::BinaryArray&>(column).raw_value_offsets();
  bool is_ascending = true;
  for (int64_t row = 0; row < column.length(); row++) is_ascending &= offsets[row] <= offsets[row + 1];
  return is_ascending ? arrow::Status::OK() : InternalError("block holds strings that end before they begin");
}

class ArrowDecoder : public BlockDecoder {
 public:
  ArrowDecoder(duckdb::ClientContext& context, const duckdb::vector<LogicalType>& types)
      : context_(context), types_(types) {}

  arrow::Status Start(const Block& block) override {
    ARROW_RETURN_NOT_OK(PrepareSchema());
    arrow::io::BufferReader input(block.data);
    // Flight delivers bytes at any address; what is not aligned for its type is copied.
    auto options = arrow::ipc::IpcReadOptions::Defaults();
    options.use_threads = false;
    options.ensure_alignment = arrow::ipc::Alignment::kDataTypeSpecificAlignment;
    ARROW_ASSIGN_OR_RAISE(auto batch, arrow::ipc::ReadRecordBatch(schema_, nullptr, options, &input));
    // DuckDB trusts the sizes of buffers, and what points into them.
    ARROW_RETURN_NOT_OK(batch->Validate());
    for (const auto& column : batch->columns()) ARROW_RETURN_NOT_OK(CheckOffsets(*column));
    if (static_cast<uint64_t>(batch->num_rows()) != block.rows) {
      return InternalError("block holds " + std::to_string(batch->num_rows()) + " rows, its frame says " +
                           std::to_string(block.rows));
    }
    auto wrapper = duckdb::make_uniq<duckdb::ArrowArrayWrapper>();
    ARROW_RETURN_NOT_OK(arrow::ExportRecordBatch(*batch, &wrapper->arrow_array));
    state_ = duckdb::make_uniq<duckdb::ArrowScanLocalState>(std::move(wrapper), context_);
    rows_ = block.rows;
    return arrow::Status::OK();
  }

  arrow::Result<bool> Next(duckdb::DataChunk& out) override {
    if (!state_ || state_->chunk_offset >= rows_) return false;
    const auto count = duckdb::MinValue<idx_t>(STANDARD_VECTOR_SIZE, rows_ - state_->chunk_offset);
    ARROW_RETURN_NOT_OK(CatchDuckDb([&] {
      out.SetCardinality(count);
      duckdb::ArrowTableFunction::ArrowToDuckDB(*state_, table_.GetColumns(), out, false);
      out.Verify();
      return arrow::Status::OK();
    }));
    state_->chunk_offset += count;
    return true;
  }

 private:
  arrow::Status PrepareSchema() {
    if (schema_) return arrow::Status::OK();
    ARROW_RETURN_NOT_OK(CatchDuckDb([&] {
      duckdb::ArrowSchemaWrapper schema;
      MakeArrowSchema(context_, types_, &schema.arrow_schema);
      duckdb::ArrowTableFunction::PopulateArrowTableSchema(context_, table_, schema.arrow_schema);
      return arrow::Status::OK();
    }));
    ArrowSchema again;
    MakeArrowSchema(context_, types_, &again);
    return arrow::ImportSchema(&again).Value(&schema_);
  }

  duckdb::ClientContext& context_;
  const duckdb::vector<LogicalType> types_;
  std::shared_ptr<arrow::Schema> schema_;
  duckdb::ArrowTableSchema table_;
  duckdb::unique_ptr<duckdb::ArrowScanLocalState> state_;
  idx_t rows_ = 0;
};

}  // namespace

std::unique_ptr<BlockEncoder> MakeArrowEncoder(duckdb::ClientContext& context,
                                               const duckdb::vector<LogicalType>& types) {
  return std::make_unique<ArrowEncoder>(context, types);
}

std::unique_ptr<BlockDecoder> MakeArrowDecoder(duckdb::ClientContext& context,
                                               const duckdb::vector<LogicalType>& types) {
  return std::make_unique<ArrowDecoder>(context, types);
}

}  // namespace skein::core
