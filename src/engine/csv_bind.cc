#include "engine/csv_bind.h"

#include <algorithm>

#include "duckdb/common/multi_file/multi_file_list.hpp"
#include "duckdb/common/multi_file/union_by_name.hpp"
#include "duckdb/execution/operator/csv_scanner/csv_buffer_manager.hpp"
#include "duckdb/execution/operator/csv_scanner/csv_file_scanner.hpp"
#include "duckdb/function/table/read_csv.hpp"
#include "engine/line_range.h"
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
  if (deserializer.ReadProperty<bool>(106, "is_comment_given")) comment.ChangeSetByUserTrue();
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

bool IsAlone(const duckdb::MultiFileBindData& bind_data) {
  return bind_data.file_list->GetExpandResult() == duckdb::FileExpandResult::SINGLE_FILE;
}

// Why a line may mean something else to who has not read those before it; empty where it does not. Each value that is
// refused here either joins lines, or has not been proved to leave them alone.
std::string WhyLinesHangTogether(const CSVReaderOptions& options) {
  const auto& dialect = options.dialect_options.state_machine_options;
  const auto& delimiter = dialect.delimiter.GetValue();
  const auto new_line = dialect.new_line.GetValue();
  if (dialect.quote.GetValue() != '\0' || dialect.escape.GetValue() != '\0') return "a line may end inside of quotes";
  if (dialect.comment.GetValue() != '\0') return "it may have comments";
  if (options.encoding != "utf-8") return "it is not in UTF-8";
  if (new_line != duckdb::NewLineIdentifier::SINGLE_N && new_line != duckdb::NewLineIdentifier::CARRY_ON) {
    return "its lines do not end with a line feed";
  }
  if (delimiter.empty() || delimiter.find_first_of("\r\n") != std::string::npos) return "its delimiter is none";
  if (dialect.strict_mode.IsSetByUser() || !dialect.strict_mode.GetValue()) return "strict_mode is given";
  if (options.null_padding) return "null_padding is given";
  if (options.IgnoreErrors()) return "errors are ignored";
  return "";
}

// The lines before the first row (skipped ones, the header) in the buffer that DuckDB has from finding out the dialect:
// they must be in the first range, and be lines to DuckDB, too. A reader that meets a stray carriage return while it
// skips goes on in its next buffer.
bool IsHeadInFirstRange(const duckdb::ReadCSVData& csv) {
  const auto& dialect = csv.options.dialect_options;
  const auto is_crlf = dialect.state_machine_options.new_line.GetValue() == duckdb::NewLineIdentifier::CARRY_ON;
  auto left = csv.options.GetSkipRows() + (dialect.header.GetValue() ? 1 : 0);
  if (left == 0) return true;
  const auto buffer = csv.buffer_manager->GetBuffer(0);
  if (!buffer) return false;
  const auto* text = buffer->Ptr();
  const auto size = std::min<duckdb::idx_t>(buffer->actual_size, kTextSplitBytes);
  for (duckdb::idx_t i = 0; i < size; i++) {
    const auto is_after_return = i > 0 && text[i - 1] == '\r';
    if (is_after_return != (is_crlf && text[i] == '\n')) {
      if (is_after_return || text[i] == '\n') return false;
    }
    if (text[i] == '\n' && --left == 0) return true;
  }
  return false;
}

// Opens the lines under the file's name. They are read from the first to the last: no thread looks for a line's begin,
// nothing is looked at anew, and what stands before the rows of the file is in the first range alone. One buffer holds
// them, with a byte to spare, by which DuckDB sees that they end.
void OpenLines(duckdb::ClientContext& context, const TextSplit& split, duckdb::ReadCSVData& csv) {
  auto& options = csv.options;
  auto& dialect = options.dialect_options;
  options.auto_detect = false;
  options.parallel = false;
  if (split.begin > 0) {
    dialect.skip_rows = duckdb::idx_t{0};
    dialect.header = false;
    dialect.rows_until_header = 0;
  }
  const duckdb::OpenFileInfo lines(LineRangePath(split.path_to_open(), split.begin, split.end));
  auto file = duckdb::ReadCSV::OpenCSV(lines, options, context);
  options.buffer_size_option = file->FileSize() + 1;
  csv.buffer_manager = duckdb::make_shared_ptr<duckdb::CSVBufferManager>(
      context, options, duckdb::OpenFileInfo(split.path_to_open()), false, std::move(file));
}

}  // namespace

std::string CsvBoundOf(const duckdb::MultiFileBindData& bind_data) {
  const auto& csv = bind_data.bind_data->Cast<duckdb::ReadCSVData>();
  auto options = csv.options;
  // As DuckDB reads it: by what was found out when the scan was bound.
  if (IsAlone(bind_data)) options.auto_detect = false;
  return WriteBytes([&](duckdb::Serializer& serializer) {
    WriteOptions(serializer, options, bind_data.file_options);
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

void FillCsvBound(duckdb::ClientContext& context, const std::string& bound, const TextSplit& split,
                  duckdb::MultiFileBindData& bind_data) {
  auto csv = duckdb::make_uniq<duckdb::ReadCSVData>();
  ReadBytes(bound, [&](duckdb::Deserializer& deserializer) {
    auto all = ReadOptions(deserializer);
    csv->options = std::move(all.options);
    bind_data.file_options = std::move(all.file_options);
    csv->csv_schema = ReadSchema(deserializer);
  });
  csv->options.parallel = csv->options.parallel && split.is_read_in_parallel;
  if (!split.of_file.empty()) bind_data.union_readers.push_back(ReadOfFile(split.of_file, split.path_to_open()));
  if (!split.is_whole()) OpenLines(context, split, *csv);
  bind_data.bind_data = std::move(csv);
}

std::string WhyCsvNotCut(const duckdb::MultiFileBindData& bind_data, const std::string& path) {
  const auto& csv = bind_data.bind_data->Cast<duckdb::ReadCSVData>();
  // Of several files each is looked at by its reader: what its dialect is nobody knows before.
  if (!IsAlone(bind_data) || csv.options.multi_file_reader || !bind_data.union_readers.empty()) {
    return "it may have a dialect of its own";
  }
  if (!csv.options.auto_detect || !csv.buffer_manager || csv.buffer_manager->GetFilePath() != path) {
    return "its dialect was not looked for";
  }
  const auto& file = *csv.buffer_manager->file_handle;
  if (file.IsPipe() || !file.CanSeek() || file.compression_type != duckdb::FileCompressionType::UNCOMPRESSED) {
    return "it is compressed";
  }
  const auto reason = WhyLinesHangTogether(csv.options);
  if (!reason.empty()) return reason;
  return IsHeadInFirstRange(csv) ? "" : "what stands before its rows is large, or does not end as its lines do";
}

uint64_t OpenCsvBytes(const duckdb::MultiFileBindData& bind_data) {
  const auto& csv = bind_data.bind_data->Cast<duckdb::ReadCSVData>();
  return csv.buffer_manager && csv.buffer_manager->file_handle ? csv.buffer_manager->file_handle->FileSize() : 0;
}

}  // namespace skein::core
