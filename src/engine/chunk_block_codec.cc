#include "engine/chunk_block_codec.h"

#include <arrow/buffer.h>

#include "base/error.h"
#include "duckdb/common/serializer/binary_deserializer.hpp"
#include "duckdb/common/serializer/binary_serializer.hpp"
#include "duckdb/common/serializer/memory_stream.hpp"
#include "engine/checked_vector.h"
#include "engine/error_bridge.h"

namespace skein::core {
namespace {

using duckdb::idx_t;

/// Writes what decides how values of a type lie in memory: not its names, aliases and collations.
void AppendLayout(const duckdb::LogicalType& type, std::string& text) {
  using duckdb::LogicalTypeId;
  text += std::to_string(static_cast<int>(type.id()));
  if (type.id() == LogicalTypeId::DECIMAL) text += "." + std::to_string(duckdb::DecimalType::GetScale(type));
  if (type.id() == LogicalTypeId::ENUM) text += "." + std::to_string(duckdb::EnumType::GetSize(type));
  text += "." + std::to_string(static_cast<int>(type.InternalType())) + "(";
  if (type.id() == LogicalTypeId::STRUCT || type.id() == LogicalTypeId::UNION) {
    for (const auto& [name, field] : duckdb::StructType::GetChildTypes(type)) AppendLayout(field, text);
  } else if (type.id() == LogicalTypeId::LIST || type.id() == LogicalTypeId::MAP) {
    AppendLayout(duckdb::ListType::GetChildType(type), text);
  } else if (type.id() == LogicalTypeId::ARRAY) {
    text += std::to_string(duckdb::ArrayType::GetSize(type)) + ".";
    AppendLayout(duckdb::ArrayType::GetChildType(type), text);
  }
  text += ")";
}

/// What both ends know; a block of other types must not be taken for one of these.
uint64_t Fingerprint(const duckdb::vector<duckdb::LogicalType>& types) {
  std::string text;
  for (const auto& type : types) AppendLayout(type, text);
  return ChecksumOf(arrow::Buffer(text));
}

class ChunkEncoder : public BlockEncoder {
 public:
  explicit ChunkEncoder(const duckdb::vector<duckdb::LogicalType>& types)
      : has_columns_(!types.empty()), fingerprint_(Fingerprint(types)) {}

  void Append(duckdb::DataChunk& chunk) override {
    rows_ += chunk.size();
    if (!has_columns_ || chunk.size() == 0) return;
    if (!stream_) stream_ = duckdb::make_uniq<duckdb::MemoryStream>();
    duckdb::SerializationOptions options;
    options.serialization_compatibility = duckdb::SerializationCompatibility::Latest();
    duckdb::BinarySerializer serializer(*stream_, options);
    serializer.Begin();
    serializer.WriteProperty(100, "rows", chunk.size());
    serializer.WriteProperty(101, "types", fingerprint_);
    serializer.WriteList(102, "columns", chunk.ColumnCount(), [&](duckdb::Serializer::List& list, idx_t column) {
      list.WriteObject([&](duckdb::Serializer& object) {
        duckdb::Vector vector(chunk.data[column].GetType());
        vector.Reference(chunk.data[column]);  // to be serialized is not to be changed
        vector.Serialize(object, chunk.size(), true);
      });
    });
    serializer.End();
  }

  bool IsEmpty() const override { return rows_ == 0; }
  bool IsFull() const override { return stream_ && stream_->GetPosition() >= kTargetBytes; }

  arrow::Result<Block> Finish() override {
    Block block;
    block.rows = rows_;
    block.codec = BlockCodec::kDuckDbChunk;
    std::string bytes;
    if (stream_) bytes.assign(reinterpret_cast<const char*>(stream_->GetData()), stream_->GetPosition());
    block.data = arrow::Buffer::FromString(std::move(bytes));
    block.checksum = ChecksumOf(*block.data);
    rows_ = 0;
    stream_.reset();
    return block;
  }

 private:
  const bool has_columns_;
  const uint64_t fingerprint_;
  uint64_t rows_ = 0;
  duckdb::unique_ptr<duckdb::MemoryStream> stream_;
};

class ChunkDecoder : public BlockDecoder {
 public:
  explicit ChunkDecoder(const duckdb::vector<duckdb::LogicalType>& types)
      : types_(types), fingerprint_(Fingerprint(types)) {}

  arrow::Status Start(const Block& block) override {
    data_ = block.data;
    rows_left_ = block.rows;
    stream_ =
        duckdb::make_uniq<duckdb::MemoryStream>(const_cast<uint8_t*>(data_->data()), static_cast<idx_t>(data_->size()));
    return arrow::Status::OK();
  }

  arrow::Result<bool> Next(duckdb::DataChunk& out) override {
    if (rows_left_ == 0) return false;
    if (types_.empty()) {
      const auto count = duckdb::MinValue<idx_t>(rows_left_, STANDARD_VECTOR_SIZE);
      out.SetCardinality(count);
      rows_left_ -= count;
      return true;
    }
    ARROW_RETURN_NOT_OK(CatchDuckDb([&] {
      chunk_.Destroy();
      duckdb::BinaryDeserializer deserializer(*stream_);
      deserializer.Begin();
      ARROW_RETURN_NOT_OK(ReadChunk(deserializer));
      deserializer.End();
      out.Reference(chunk_);
      return arrow::Status::OK();
    }));
    rows_left_ -= out.size();
    return true;
  }

 private:
  arrow::Status ReadChunk(duckdb::Deserializer& deserializer) {
    const auto rows = deserializer.ReadProperty<idx_t>(100, "rows");
    if (rows == 0 || rows > rows_left_ || rows > STANDARD_VECTOR_SIZE) {
      return InternalError("block holds another number of rows");
    }
    if (deserializer.ReadProperty<uint64_t>(101, "types") != fingerprint_) {
      return InternalError("block holds columns of other types");
    }
    chunk_.Initialize(duckdb::Allocator::DefaultAllocator(), types_);
    chunk_.SetCardinality(rows);
    idx_t columns = 0;
    deserializer.ReadList(102, "columns", [&](duckdb::Deserializer::List& list, idx_t column) {
      if (column >= types_.size()) throw duckdb::SerializationException("block holds more columns than its types");
      list.ReadObject([&](duckdb::Deserializer& object) { ReadCheckedVector(object, chunk_.data[column], rows); });
      columns++;
    });
    return columns == types_.size() ? arrow::Status::OK() : InternalError("block holds fewer columns than its types");
  }

  const duckdb::vector<duckdb::LogicalType> types_;
  const uint64_t fingerprint_;
  std::shared_ptr<arrow::Buffer> data_;
  duckdb::unique_ptr<duckdb::MemoryStream> stream_;
  duckdb::DataChunk chunk_;
  uint64_t rows_left_ = 0;
};

}  // namespace

std::unique_ptr<BlockEncoder> MakeChunkEncoder(const duckdb::vector<duckdb::LogicalType>& types) {
  return std::make_unique<ChunkEncoder>(types);
}

std::unique_ptr<BlockDecoder> MakeChunkDecoder(const duckdb::vector<duckdb::LogicalType>& types) {
  return std::make_unique<ChunkDecoder>(types);
}

}  // namespace skein::core
