#include "engine/split_scan_spec.h"

#include "duckdb/common/serializer/deserializer.hpp"
#include "duckdb/common/serializer/serializer.hpp"
#include "engine/plan_bytes.h"

namespace skein::core {

SplitScanSpec SplitScanSpec::Copy() const {
  SplitScanSpec copy;
  copy.scan = scan;
  copy.name = name;
  copy.first_file = first_file;
  copy.names = names;
  copy.types = types;
  copy.reader_bind = reader_bind;
  copy.options = options;
  copy.column_ids = column_ids;
  copy.projection_ids = projection_ids;
  copy.filters = std::move(*filters.Copy());
  copy.virtual_columns = virtual_columns;
  copy.table = table;
  return copy;
}

void SplitScanSpec::Serialize(duckdb::Serializer& serializer) const {
  serializer.WriteProperty(400, "scan", scan);
  serializer.WriteProperty(401, "name", name);
  serializer.WriteProperty(402, "names", names);
  serializer.WriteProperty(403, "types", types);
  serializer.WriteProperty(404, "reader_bind", reader_bind);
  serializer.WriteProperty(405, "options", options);
  serializer.WriteProperty(406, "column_ids", column_ids);
  serializer.WriteProperty(407, "projection_ids", projection_ids);
  serializer.WriteProperty(408, "filters", filters);
  serializer.WriteProperty(409, "virtual_columns", virtual_columns);
  serializer.WriteProperty(410, "first_file", first_file);
  const auto of_file = table.value_or(TableOfFile());
  serializer.WriteProperty(411, "path", of_file.path);
  serializer.WriteProperty(412, "schema", of_file.schema);
  serializer.WriteProperty(413, "table", of_file.table);
  serializer.WriteProperty(414, "version", of_file.version);
}

void SplitScanSpec::Deserialize(duckdb::Deserializer& deserializer) {
  deserializer.ReadProperty(400, "scan", scan);
  deserializer.ReadProperty(401, "name", name);
  deserializer.ReadProperty(402, "names", names);
  deserializer.ReadProperty(403, "types", types);
  deserializer.ReadProperty(404, "reader_bind", reader_bind);
  deserializer.ReadProperty(405, "options", options);
  deserializer.ReadProperty(406, "column_ids", column_ids);
  deserializer.ReadProperty(407, "projection_ids", projection_ids);
  deserializer.ReadProperty(408, "filters", filters);
  deserializer.ReadProperty(409, "virtual_columns", virtual_columns);
  deserializer.ReadProperty(410, "first_file", first_file);
  TableOfFile of_file;
  deserializer.ReadProperty(411, "path", of_file.path);
  deserializer.ReadProperty(412, "schema", of_file.schema);
  deserializer.ReadProperty(413, "table", of_file.table);
  deserializer.ReadProperty(414, "version", of_file.version);
  if (!of_file.table.empty()) table = std::move(of_file);
}

std::string ParquetSplit::ToBytes() const {
  return WriteBytes([&](duckdb::Serializer& serializer) {
    serializer.WriteProperty(100, "path", path);
    serializer.WriteProperty(101, "file_index", file_index);
    serializer.WriteProperty(102, "file_size", file_size);
    serializer.WriteProperty(103, "modified", modified);
    serializer.WriteProperty(104, "row_groups", row_groups);
    serializer.WriteProperty(105, "modified_ns", modified_ns);
  });
}

ParquetSplit ParquetSplit::FromBytes(const std::string& bytes) {
  ParquetSplit split;
  ReadBytes(bytes, [&](duckdb::Deserializer& deserializer) {
    deserializer.ReadProperty(100, "path", split.path);
    deserializer.ReadProperty(101, "file_index", split.file_index);
    deserializer.ReadProperty(102, "file_size", split.file_size);
    deserializer.ReadProperty(103, "modified", split.modified);
    deserializer.ReadProperty(104, "row_groups", split.row_groups);
    deserializer.ReadProperty(105, "modified_ns", split.modified_ns);
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

}  // namespace skein::core
