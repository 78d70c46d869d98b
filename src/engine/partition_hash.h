// The 32-bit partition hash of key columns. DuckDB's own hash is mixed once more with a seed, so that the bits by which
// rows were partitioned say nothing about the bits that DuckDB's hash tables use afterwards.
#pragma once

#include "duckdb.hpp"

namespace skein::core {

/// Hashes the first `count` rows of `keys` (at least one column) into `out` (room for `count` values). Equal keys give
/// equal hashes, also NULLs, -0.0 and 0.0, and all NaNs; it depends on neither worker, thread nor attempt.
/// Mixer: the 64-bit finalizer of MurmurHash3 (Appleby, public domain).
void ComputePartitionHash(duckdb::DataChunk& keys, duckdb::idx_t count, uint32_t* out);

}  // namespace skein::core
