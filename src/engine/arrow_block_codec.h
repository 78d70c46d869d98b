// The Arrow IPC codec: a block is one encapsulated record batch message, without schema.
#pragma once

#include <memory>

#include "engine/block_codec.h"

namespace skein::core {

std::unique_ptr<BlockEncoder> MakeArrowEncoder(duckdb::ClientContext& context,
                                               const duckdb::vector<duckdb::LogicalType>& types);
std::unique_ptr<BlockDecoder> MakeArrowDecoder(duckdb::ClientContext& context,
                                               const duckdb::vector<duckdb::LogicalType>& types);

}  // namespace skein::core
