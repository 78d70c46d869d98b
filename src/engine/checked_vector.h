// Reads what DuckDB's Vector::Serialize wrote. DuckDB's own counterpart writes as many values as the bytes say,
// wherever that ends: this one looks at every count and position before it uses it. Free functions; any thread.
#pragma once

#include "duckdb.hpp"
#include "duckdb/common/serializer/deserializer.hpp"

namespace skein::core {

/// Reads `count` values into `vector`, whose capacity is at least that. Throws SerializationException for bytes that no
/// vector of this type and count has. The inner bytes of a VARIANT are taken as they are.
void ReadCheckedVector(duckdb::Deserializer& deserializer, duckdb::Vector& vector, duckdb::idx_t count);

}  // namespace skein::core
