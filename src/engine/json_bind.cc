#include "engine/json_bind.h"

#include "engine/plan_bytes.h"
#include "json_scan.hpp"

namespace skein::core {
namespace {

using duckdb::JSONReaderOptions;
using Formats = duckdb::vector<std::string>;

// The types whose formats a user can give and DuckDB can guess.
constexpr duckdb::LogicalTypeId kDates[] = {duckdb::LogicalTypeId::DATE, duckdb::LogicalTypeId::TIMESTAMP};

template <typename Enum>
void WriteEnum(duckdb::Serializer& serializer, duckdb::field_id_t field, const char* tag, Enum value) {
  serializer.WriteProperty(field, tag, static_cast<uint8_t>(value));
}

template <typename Enum>
void ReadEnum(duckdb::Deserializer& deserializer, duckdb::field_id_t field, const char* tag, Enum& value) {
  value = static_cast<Enum>(deserializer.ReadProperty<uint8_t>(field, tag));
}

void WriteOptions(duckdb::Serializer& serializer, const JSONReaderOptions& options) {
  WriteEnum(serializer, 100, "type", options.type);
  WriteEnum(serializer, 101, "format", options.format);
  WriteEnum(serializer, 102, "record_type", options.record_type);
  WriteEnum(serializer, 103, "compression", options.compression);
  serializer.WriteProperty(104, "ignore_errors", options.ignore_errors);
  serializer.WriteProperty(105, "maximum_object_size", options.maximum_object_size);
  serializer.WriteProperty(106, "auto_detect", options.auto_detect);
  serializer.WriteProperty(107, "sample_size", options.sample_size);
  serializer.WriteProperty(108, "max_depth", options.max_depth);
  serializer.WriteProperty(109, "field_appearance_threshold", options.field_appearance_threshold);
  serializer.WriteProperty(110, "maximum_sample_files", options.maximum_sample_files);
  serializer.WriteProperty(111, "convert_strings_to_integers", options.convert_strings_to_integers);
  serializer.WriteProperty(112, "map_inference_threshold", options.map_inference_threshold);
  serializer.WriteProperty(113, "name_list", options.name_list);
  serializer.WriteProperty(114, "sql_type_list", options.sql_type_list);
  serializer.WriteProperty(115, "date_format", options.date_format);
  serializer.WriteProperty(116, "timestamp_format", options.timestamp_format);
}

void ReadOptions(duckdb::Deserializer& deserializer, JSONReaderOptions& options) {
  ReadEnum(deserializer, 100, "type", options.type);
  ReadEnum(deserializer, 101, "format", options.format);
  ReadEnum(deserializer, 102, "record_type", options.record_type);
  ReadEnum(deserializer, 103, "compression", options.compression);
  deserializer.ReadProperty(104, "ignore_errors", options.ignore_errors);
  deserializer.ReadProperty(105, "maximum_object_size", options.maximum_object_size);
  deserializer.ReadProperty(106, "auto_detect", options.auto_detect);
  deserializer.ReadProperty(107, "sample_size", options.sample_size);
  deserializer.ReadProperty(108, "max_depth", options.max_depth);
  deserializer.ReadProperty(109, "field_appearance_threshold", options.field_appearance_threshold);
  deserializer.ReadProperty(110, "maximum_sample_files", options.maximum_sample_files);
  deserializer.ReadProperty(111, "convert_strings_to_integers", options.convert_strings_to_integers);
  deserializer.ReadProperty(112, "map_inference_threshold", options.map_inference_threshold);
  deserializer.ReadProperty(113, "name_list", options.name_list);
  deserializer.ReadProperty(114, "sql_type_list", options.sql_type_list);
  deserializer.ReadProperty(115, "date_format", options.date_format);
  deserializer.ReadProperty(116, "timestamp_format", options.timestamp_format);
}

void WriteTransform(duckdb::Serializer& serializer, const duckdb::JSONTransformOptions& options) {
  serializer.WriteProperty(200, "strict_cast", options.strict_cast);
  serializer.WriteProperty(201, "error_duplicate_key", options.error_duplicate_key);
  serializer.WriteProperty(202, "error_missing_key", options.error_missing_key);
  serializer.WriteProperty(203, "error_unknown_key", options.error_unknown_key);
  serializer.WriteProperty(204, "delay_error", options.delay_error);
}

void ReadTransform(duckdb::Deserializer& deserializer, duckdb::JSONTransformOptions& options) {
  deserializer.ReadProperty(200, "strict_cast", options.strict_cast);
  deserializer.ReadProperty(201, "error_duplicate_key", options.error_duplicate_key);
  deserializer.ReadProperty(202, "error_missing_key", options.error_missing_key);
  deserializer.ReadProperty(203, "error_unknown_key", options.error_unknown_key);
  deserializer.ReadProperty(204, "delay_error", options.delay_error);
}

// In their order: the last that is left is the one that is read by.
Formats FormatsOf(const duckdb::DateFormatMap& map, duckdb::LogicalTypeId type) {
  Formats formats;
  if (!map.HasFormats(type)) return formats;
  for (const auto& format : map.GetFormats(type)) formats.push_back(format.format_specifier);
  return formats;
}

// As DuckDB tells it from a file's name.
bool IsPlain(duckdb::FileCompressionType compression, const std::string& path) {
  using duckdb::FileCompressionType;
  if (compression != FileCompressionType::AUTO_DETECT) return compression == FileCompressionType::UNCOMPRESSED;
  return !duckdb::IsFileCompressed(path, FileCompressionType::GZIP) &&
         !duckdb::IsFileCompressed(path, FileCompressionType::ZSTD);
}

// The reader that found out the columns, which DuckDB keeps for a scan of few files; otherwise null.
const duckdb::JSONReader* ReaderOf(const duckdb::MultiFileBindData& bind_data, duckdb::idx_t index) {
  if (index >= bind_data.union_readers.size() || !bind_data.union_readers[index]) return nullptr;
  return dynamic_cast<const duckdb::JSONReader*>(bind_data.union_readers[index]->reader.get());
}

}  // namespace

std::string JsonBoundOf(const duckdb::MultiFileBindData& bind_data) {
  const auto& json = bind_data.bind_data->Cast<duckdb::JSONScanData>();
  return WriteBytes([&](duckdb::Serializer& serializer) {
    WriteOptions(serializer, json.options);
    WriteTransform(serializer, json.transform_options);
    serializer.WriteProperty(300, "file_options", bind_data.file_options);
    serializer.WriteProperty(301, "key_names", json.key_names);
    serializer.WriteProperty(302, "dates", FormatsOf(*json.date_format_map, kDates[0]));
    serializer.WriteProperty(303, "timestamps", FormatsOf(*json.date_format_map, kDates[1]));
  });
}

void FillJsonBound(const std::string& bound, bool is_of_lines, duckdb::MultiFileBindData& bind_data) {
  auto json = duckdb::make_uniq<duckdb::JSONScanData>();
  Formats formats[2];
  ReadBytes(bound, [&](duckdb::Deserializer& deserializer) {
    ReadOptions(deserializer, json->options);
    ReadTransform(deserializer, json->transform_options);
    deserializer.ReadProperty(300, "file_options", bind_data.file_options);
    deserializer.ReadProperty(301, "key_names", json->key_names);
    deserializer.ReadProperty(302, "dates", formats[0]);
    deserializer.ReadProperty(303, "timestamps", formats[1]);
  });
  if (is_of_lines) json->options.format = duckdb::JSONFormat::NEWLINE_DELIMITED;
  duckdb::type_id_map_t<duckdb::vector<duckdb::StrpTimeFormat>> by_type;
  for (size_t i = 0; i < 2; i++) {
    for (const auto& format : formats[i]) duckdb::DateFormatMap::AddFormat(by_type, kDates[i], format);
  }
  json->date_format_map = duckdb::make_uniq<duckdb::DateFormatMap>(std::move(by_type));
  json->transform_options.date_format_map = json->date_format_map.get();
  bind_data.bind_data = std::move(json);
}

bool IsOfJsonLines(const duckdb::MultiFileBindData& bind_data, duckdb::idx_t index, const std::string& path) {
  const auto& options = bind_data.bind_data->Cast<duckdb::JSONScanData>().options;
  if (options.record_type == duckdb::JSONRecordType::AUTO_DETECT || !IsPlain(options.compression, path)) return false;
  if (options.format != duckdb::JSONFormat::AUTO_DETECT) {
    return options.format == duckdb::JSONFormat::NEWLINE_DELIMITED;
  }
  const auto* reader = ReaderOf(bind_data, index);
  return reader != nullptr && reader->GetFormat() == duckdb::JSONFormat::NEWLINE_DELIMITED;
}

uint64_t OpenJsonBytes(const duckdb::MultiFileBindData& bind_data) {
  const auto* reader = ReaderOf(bind_data, 0);
  return reader != nullptr && reader->HasFileHandle() ? reader->GetFileHandle().FileSize() : 0;
}

}  // namespace skein::core
