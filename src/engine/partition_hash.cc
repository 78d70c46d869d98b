#include "engine/partition_hash.h"

#include "duckdb/common/vector_operations/vector_operations.hpp"

namespace skein::core {
namespace {

constexpr uint64_t kSeed = 0x736b65696e5f3031;  // "skein_01"

uint32_t Mix(uint64_t hash) {
  hash ^= kSeed;
  hash ^= hash >> 33;
  hash *= 0xff51afd7ed558ccdULL;
  hash ^= hash >> 33;
  hash *= 0xc4ceb9fe1a85ec53ULL;
  return static_cast<uint32_t>(hash >> 32);
}

}  // namespace

void ComputePartitionHash(duckdb::DataChunk& keys, duckdb::idx_t count, uint32_t* out) {
  duckdb::Vector hashes(duckdb::LogicalType::HASH, count);
  duckdb::VectorOperations::Hash(keys.data[0], hashes, count);
  for (duckdb::idx_t column = 1; column < keys.ColumnCount(); column++) {
    duckdb::VectorOperations::CombineHash(hashes, keys.data[column], count);
  }
  hashes.Flatten(count);
  const auto* values = duckdb::FlatVector::GetData<duckdb::hash_t>(hashes);
  for (duckdb::idx_t row = 0; row < count; row++) out[row] = Mix(values[row]);
}

}  // namespace skein::core
