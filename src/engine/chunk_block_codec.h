// DuckDB's own chunk format as a block codec, for types that Arrow does not carry exactly.
#pragma once

#include <memory>

#include "engine/block_codec.h"

namespace skein::core {

std::unique_ptr<BlockEncoder> MakeChunkEncoder(const duckdb::vector<duckdb::LogicalType>& types);
std::unique_ptr<BlockDecoder> MakeChunkDecoder(const duckdb::vector<duckdb::LogicalType>& types);

}  // namespace skein::core
