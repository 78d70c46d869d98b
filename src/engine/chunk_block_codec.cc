#include "engine/chunk_block_codec.h"

#include <arrow/buffer.h>

#include "base/error.h"
#include "duckdb/common/serializer/binary_deserializer.hpp"
#include "duckdb/common/serializer/binary_serializer.hpp"
#include "duckdb/common/serializer/memory_stream.hpp"
#include "engine/error_bridge.h"

namespace skein::core {
namespace {

using duckdb::idx_t;

class ChunkEncoder : public BlockEncoder {
 public:
  explicit ChunkEncoder(const duckdb::vector<duckdb::LogicalType>& types) : has_columns_(!types.empty()) {}

  void Append(duckdb::DataChunk& chunk) override {
    rows_ += chunk.size();
    if (!has_columns_ || chunk.size() == 0) return;
    if (!stream_) stream_ = duckdb::make_uniq<duckdb::MemoryStream>();
    duckdb::SerializationOptions options;
    options.serialization_compatibility = duckdb::SerializationCompatibility::Latest();
    duckdb::BinarySerializer serializer(*stream_, options);
    serializer.Begin();
    chunk.Serialize(serializer);
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
  uint64_t rows_ = 0;
  duckdb::unique_ptr<duckdb::MemoryStream> stream_;
};

class ChunkDecoder : public BlockDecoder {
 public:
  explicit ChunkDecoder(const duckdb::vector<duckdb::LogicalType>& types) : types_(types) {}

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
      chunk_.Deserialize(deserializer);
      deserializer.End();
      if (chunk_.GetTypes() != types_) return InternalError("block holds columns of other types");
      out.Reference(chunk_);
      return arrow::Status::OK();
    }));
    if (out.size() == 0 || out.size() > rows_left_) return InternalError("block holds another number of rows");
    rows_left_ -= out.size();
    return true;
  }

 private:
  const duckdb::vector<duckdb::LogicalType> types_;
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
