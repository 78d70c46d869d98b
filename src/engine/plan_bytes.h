// DuckDB's binary serializer to and from strings. Both ends are of the same build, so the newest format is used.
#pragma once

#include <functional>
#include <string>

#include "duckdb/common/serializer/binary_deserializer.hpp"
#include "duckdb/common/serializer/binary_serializer.hpp"
#include "duckdb/common/serializer/memory_stream.hpp"

namespace skein::core {

/// Runs `write` between Begin and End and returns the bytes.
inline std::string WriteBytes(const std::function<void(duckdb::Serializer&)>& write) {
  duckdb::MemoryStream stream;
  duckdb::SerializationOptions options;
  options.serialization_compatibility = duckdb::SerializationCompatibility::Latest();
  duckdb::BinarySerializer serializer(stream, options);
  serializer.Begin();
  write(serializer);
  serializer.End();
  return std::string(reinterpret_cast<const char*>(stream.GetData()), stream.GetPosition());
}

/// Runs `read` between Begin and End over `bytes`. Throws DuckDB's SerializationException on malformed ones.
inline void ReadBytes(const std::string& bytes, const std::function<void(duckdb::BinaryDeserializer&)>& read) {
  duckdb::MemoryStream stream(reinterpret_cast<duckdb::data_ptr_t>(const_cast<char*>(bytes.data())), bytes.size());
  duckdb::BinaryDeserializer deserializer(stream);
  deserializer.Begin();
  read(deserializer);
  deserializer.End();
}

}  // namespace skein::core
