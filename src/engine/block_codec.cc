#include "engine/block_codec.h"

#include "engine/arrow_block_codec.h"
#include "engine/chunk_block_codec.h"

namespace skein::core {
namespace {

// Types that Arrow carries exactly both ways in DuckDB 1.5.5 with lossless conversion; others lose ends of their ranges
// (INTERVAL beyond nanoseconds), dictionaries (ENUM) or cannot be exported (VARIANT).
bool IsExactInArrow(const duckdb::LogicalType& type) {
  if (type.HasAlias()) return false;
  switch (type.id()) {
    case duckdb::LogicalTypeId::BOOLEAN:
    case duckdb::LogicalTypeId::TINYINT:
    case duckdb::LogicalTypeId::SMALLINT:
    case duckdb::LogicalTypeId::INTEGER:
    case duckdb::LogicalTypeId::BIGINT:
    case duckdb::LogicalTypeId::UTINYINT:
    case duckdb::LogicalTypeId::USMALLINT:
    case duckdb::LogicalTypeId::UINTEGER:
    case duckdb::LogicalTypeId::UBIGINT:
    case duckdb::LogicalTypeId::HUGEINT:
    case duckdb::LogicalTypeId::FLOAT:
    case duckdb::LogicalTypeId::DOUBLE:
    case duckdb::LogicalTypeId::DECIMAL:
    case duckdb::LogicalTypeId::VARCHAR:
    case duckdb::LogicalTypeId::BLOB:
    case duckdb::LogicalTypeId::DATE:
    case duckdb::LogicalTypeId::TIMESTAMP:
      return true;
    default:
      return false;
  }
}

}  // namespace

BlockCodec CodecFor(const duckdb::vector<duckdb::LogicalType>& types) {
  if (types.empty()) return BlockCodec::kDuckDbChunk;  // rows without columns: only their number travels
  for (const auto& type : types) {
    if (!IsExactInArrow(type)) return BlockCodec::kDuckDbChunk;
  }
  return BlockCodec::kArrowIpc;
}

std::unique_ptr<BlockEncoder> BlockEncoder::Make(duckdb::ClientContext& context,
                                                 const duckdb::vector<duckdb::LogicalType>& types) {
  if (CodecFor(types) == BlockCodec::kArrowIpc) return MakeArrowEncoder(context, types);
  return MakeChunkEncoder(types);
}

std::unique_ptr<BlockDecoder> BlockDecoder::Make(duckdb::ClientContext& context, BlockCodec codec,
                                                 const duckdb::vector<duckdb::LogicalType>& types) {
  if (codec == BlockCodec::kArrowIpc) return MakeArrowDecoder(context, types);
  return MakeChunkDecoder(types);
}

}  // namespace skein::core
