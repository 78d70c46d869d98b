#include "engine/split_scan_spec.h"

#include "duckdb/common/serializer/deserializer.hpp"
#include "duckdb/common/serializer/serializer.hpp"
#include "engine/plan_bytes.h"

namespace skein::core {

namespace {

template <typename Source>
void ReadSource(duckdb::Deserializer& deserializer, SplitScanSpec& spec) {
  Source source;
  deserializer.ReadObject(411, "source", [&](duckdb::Deserializer& object) { source.Deserialize(object); });
  spec.source = std::move(source);
}

}  // namespace

void ParquetFiles::Serialize(duckdb::Serializer& serializer) const {
  serializer.WriteProperty(100, "first_file", first_file);
  serializer.WriteProperty(101, "reader_bind", reader_bind);
  serializer.WriteProperty(102, "options", options);
}

void ParquetFiles::Deserialize(duckdb::Deserializer& deserializer) {
  deserializer.ReadProperty(100, "first_file", first_file);
  deserializer.ReadProperty(101, "reader_bind", reader_bind);
  deserializer.ReadProperty(102, "options", options);
}

void TableOfFile::Serialize(duckdb::Serializer& serializer) const {
  serializer.WriteProperty(100, "path", path);
  serializer.WriteProperty(101, "schema", schema);
  serializer.WriteProperty(102, "table", table);
  serializer.WriteProperty(103, "version", version);
}

void TableOfFile::Deserialize(duckdb::Deserializer& deserializer) {
  deserializer.ReadProperty(100, "path", path);
  deserializer.ReadProperty(101, "schema", schema);
  deserializer.ReadProperty(102, "table", table);
  deserializer.ReadProperty(103, "version", version);
}

void TextFiles::Serialize(duckdb::Serializer& serializer) const {
  serializer.WriteProperty(100, "format", static_cast<uint8_t>(format));
  serializer.WriteProperty(101, "first_file", first_file);
  serializer.WriteProperty(102, "reader_bind", reader_bind);
  serializer.WriteProperty(103, "bound", bound);
}

void TextFiles::Deserialize(duckdb::Deserializer& deserializer) {
  format = static_cast<TextFormat>(deserializer.ReadProperty<uint8_t>(100, "format"));
  deserializer.ReadProperty(101, "first_file", first_file);
  deserializer.ReadProperty(102, "reader_bind", reader_bind);
  deserializer.ReadProperty(103, "bound", bound);
}

SplitScanSpec SplitScanSpec::Copy() const {
  SplitScanSpec copy;
  copy.scan = scan;
  copy.name = name;
  copy.names = names;
  copy.types = types;
  copy.column_ids = column_ids;
  copy.projection_ids = projection_ids;
  copy.filters = std::move(*filters.Copy());
  copy.virtual_columns = virtual_columns;
  copy.source = source;
  return copy;
}

void SplitScanSpec::Serialize(duckdb::Serializer& serializer) const {
  serializer.WriteProperty(400, "scan", scan);
  serializer.WriteProperty(401, "name", name);
  serializer.WriteProperty(402, "names", names);
  serializer.WriteProperty(403, "types", types);
  serializer.WriteProperty(406, "column_ids", column_ids);
  serializer.WriteProperty(407, "projection_ids", projection_ids);
  serializer.WriteProperty(408, "filters", filters);
  serializer.WriteProperty(409, "virtual_columns", virtual_columns);
  serializer.WriteProperty(410, "kind", static_cast<uint8_t>(source.index()));
  serializer.WriteObject(411, "source", [&](duckdb::Serializer& object) {
    std::visit([&](const auto& of_kind) { of_kind.Serialize(object); }, source);
  });
}

void SplitScanSpec::Deserialize(duckdb::Deserializer& deserializer) {
  deserializer.ReadProperty(400, "scan", scan);
  deserializer.ReadProperty(401, "name", name);
  deserializer.ReadProperty(402, "names", names);
  deserializer.ReadProperty(403, "types", types);
  deserializer.ReadProperty(406, "column_ids", column_ids);
  deserializer.ReadProperty(407, "projection_ids", projection_ids);
  deserializer.ReadProperty(408, "filters", filters);
  deserializer.ReadProperty(409, "virtual_columns", virtual_columns);
  switch (const auto kind = deserializer.ReadProperty<uint8_t>(410, "kind")) {
    case 0:
      return ReadSource<ParquetFiles>(deserializer, *this);
    case 1:
      return ReadSource<TableOfFile>(deserializer, *this);
    case 2:
      return ReadSource<TextFiles>(deserializer, *this);
    default:
      throw duckdb::SerializationException("no kind of scan has the number %d", static_cast<int>(kind));
  }
}

std::string ParquetSplit::ToBytes() const {
  return WriteBytes([&](duckdb::Serializer& serializer) {
    Write(serializer);
    serializer.WriteProperty(110, "modified", modified);
    serializer.WriteProperty(111, "row_groups", row_groups);
  });
}

ParquetSplit ParquetSplit::FromBytes(const std::string& bytes) {
  ParquetSplit split;
  ReadBytes(bytes, [&](duckdb::Deserializer& deserializer) {
    split.Read(deserializer);
    deserializer.ReadProperty(110, "modified", split.modified);
    deserializer.ReadProperty(111, "row_groups", split.row_groups);
  });
  return split;
}

std::string TableSplit::ToBytes() const {
  return WriteBytes([&](duckdb::Serializer& serializer) {
    serializer.WriteProperty(100, "begin", begin);
    serializer.WriteProperty(101, "end", end);
    serializer.WriteProperty(102, "file_size", file_size);
    serializer.WriteProperty(103, "modified_ns", modified_ns);
  });
}

TableSplit TableSplit::FromBytes(const std::string& bytes) {
  TableSplit split;
  ReadBytes(bytes, [&](duckdb::Deserializer& deserializer) {
    deserializer.ReadProperty(100, "begin", split.begin);
    deserializer.ReadProperty(101, "end", split.end);
    deserializer.ReadProperty(102, "file_size", split.file_size);
    deserializer.ReadProperty(103, "modified_ns", split.modified_ns);
  });
  return split;
}

std::string TextSplit::ToBytes() const {
  return WriteBytes([&](duckdb::Serializer& serializer) {
    Write(serializer);
    serializer.WriteProperty(110, "is_read_in_parallel", is_read_in_parallel);
    serializer.WriteProperty(111, "of_file", of_file);
    serializer.WriteProperty(112, "begin", begin);
    serializer.WriteProperty(113, "end", end);
  });
}

TextSplit TextSplit::FromBytes(const std::string& bytes) {
  TextSplit split;
  ReadBytes(bytes, [&](duckdb::Deserializer& deserializer) {
    split.Read(deserializer);
    deserializer.ReadProperty(110, "is_read_in_parallel", split.is_read_in_parallel);
    deserializer.ReadProperty(111, "of_file", split.of_file);
    deserializer.ReadProperty(112, "begin", split.begin);
    deserializer.ReadProperty(113, "end", split.end);
  });
  return split;
}

}  // namespace skein::core
