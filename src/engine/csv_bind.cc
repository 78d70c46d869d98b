#include "engine/csv_bind.h"

#include "duckdb/common/multi_file/union_by_name.hpp"
#include "duckdb/execution/operator/csv_scanner/csv_file_scanner.hpp"
#include "duckdb/function/table/read_csv.hpp"
#include "engine/plan_bytes.h"

namespace skein::core {
namespace {

using duckdb::CSVReaderOptions;
using Names = duckdb::vector<std::string>;
using Types = duckdb::vector<duckdb::LogicalType>;

const duckdb::CSVOption<char>& CommentOf(const CSVReaderOptions& options) {
  return options.dialect_options.state_machine_options.comment;
}

// The fields that DuckDB's own serializer leaves out, though they decide how values are read, or what an error says.
// Those of rejects tables are not here: such a scan stays with the client.
void WriteOptions(duckdb::Serializer& serializer, const CSVReaderOptions& options,
                  const duckdb::MultiFileOptions& file_options) {
  serializer.WriteProperty(100, "options", duckdb::SerializedCSVReaderOptions(options, file_options));
  serializer.WriteProperty(101, "thousands_separator", static_cast<uint8_t>(options.thousands_separator));
  serializer.WriteProperty(102, "auto_type_candidates", options.auto_type_candidates);
  serializer.WriteProperty(103, "files_to_sniff", options.files_to_sniff);
  serializer.WriteProperty(104, "user_defined_parameters", options.user_defined_parameters);
  serializer.WriteProperty(105, "force_not_null_names", options.force_not_null_names);
  // That the user wants no comments is lost: it has the value of nothing said.
  serializer.WriteProperty(106, "is_comment_given", CommentOf(options).IsSetByUser());
}

duckdb::SerializedCSVReaderOptions ReadOptions(duckdb::Deserializer& deserializer) {
  auto all = deserializer.ReadProperty<duckdb::SerializedCSVReaderOptions>(100, "options");
  auto& options = all.options;
  options.thousands_separator = static_cast<char>(deserializer.ReadProperty<uint8_t>(101, "thousands_separator"));
  deserializer.ReadProperty(102, "auto_type_candidates", options.auto_type_candidates);
  deserializer.ReadProperty(103, "files_to_sniff", options.files_to_sniff);
  deserializer.ReadProperty(104, "user_defined_parameters", options.user_defined_parameters);
  deserializer.ReadProperty(105, "force_not_null_names", options.force_not_null_names);
  auto& comment = options.dialect_options.state_machine_options.comment;
  if (deserializer.ReadProperty<bool>(106, "is_comment_given")) comment.Set(comment.GetValue());
  return all;
}

// The columns that all files must have, where DuckDB found them by itself.
void WriteSchema(duckdb::Serializer& serializer, const duckdb::CSVSchema& schema) {
  serializer.WriteProperty(200, "has_schema", !schema.Empty());
  serializer.WriteProperty(201, "names", schema.GetNames());
  serializer.WriteProperty(202, "types", schema.GetTypes());
  serializer.WriteProperty(203, "path", schema.Empty() ? std::string() : schema.GetPath());
  serializer.WriteProperty(204, "rows_read", schema.GetRowsRead());
}

duckdb::CSVSchema ReadSchema(duckdb::Deserializer& deserializer) {
  const auto has_schema = deserializer.ReadProperty<bool>(200, "has_schema");
  const auto names = deserializer.ReadProperty<Names>(201, "names");
  const auto types = deserializer.ReadProperty<Types>(202, "types");
  const auto path = deserializer.ReadProperty<std::string>(203, "path");
  const auto rows_read = deserializer.ReadProperty<duckdb::idx_t>(204, "rows_read");
  return has_schema ? duckdb::CSVSchema(names, types, path, rows_read) : duckdb::CSVSchema();
}

duckdb::shared_ptr<duckdb::BaseUnionData> ReadOfFile(const std::string& bytes, const std::string& path) {
  auto of_file = duckdb::make_shared_ptr<duckdb::CSVUnionData>(duckdb::OpenFileInfo(path));
  ReadBytes(bytes, [&](duckdb::Deserializer& deserializer) {
    of_file->options = ReadOptions(deserializer).options;
    deserializer.ReadProperty(201, "names", of_file->names);
    deserializer.ReadProperty(202, "types", of_file->types);
  });
  return of_file;
}

}  // namespace

std::string CsvBoundOf(const duckdb::MultiFileBindData& bind_data) {
  const auto& csv = bind_data.bind_data->Cast<duckdb::ReadCSVData>();
  return WriteBytes([&](duckdb::Serializer& serializer) {
    WriteOptions(serializer, csv.options, bind_data.file_options);
    WriteSchema(serializer, csv.csv_schema);
  });
}

std::string CsvBoundOfFile(const duckdb::MultiFileBindData& bind_data, duckdb::idx_t index) {
  if (bind_data.union_readers.empty()) return "";
  const auto& of_file = bind_data.union_readers[index]->Cast<duckdb::CSVUnionData>();
  return WriteBytes([&](duckdb::Serializer& serializer) {
    WriteOptions(serializer, of_file.options, bind_data.file_options);
    serializer.WriteProperty(201, "names", of_file.names);
    serializer.WriteProperty(202, "types", of_file.types);
  });
}

void FillCsvBound(const std::string& bound, const std::string& path, const std::string& of_file,
                  bool is_read_in_parallel, duckdb::MultiFileBindData& bind_data) {
  auto csv = duckdb::make_uniq<duckdb::ReadCSVData>();
  ReadBytes(bound, [&](duckdb::Deserializer& deserializer) {
    auto all = ReadOptions(deserializer);
    csv->options = std::move(all.options);
    bind_data.file_options = std::move(all.file_options);
    csv->csv_schema = ReadSchema(deserializer);
  });
  csv->options.parallel = csv->options.parallel && is_read_in_parallel;
  if (!of_file.empty()) bind_data.union_readers.push_back(ReadOfFile(of_file, path));
  bind_data.bind_data = std::move(csv);
}

}  // namespace skein::core
