#include "planner/copy_rule.h"

#include "duckdb/common/file_system.hpp"

namespace skein::core {
namespace {

bool IsFolder(const duckdb::LogicalCopyToFile& copy) {
  return copy.per_thread_output || copy.partition_output || copy.rotate || copy.file_size_bytes.IsValid();
}

// A pattern of names may hold the name of a folder, or lead out of the target.
bool NamesFolders(const duckdb::LogicalCopyToFile& copy) {
  auto files = duckdb::FileSystem::CreateLocal();
  const std::string folder = "x";
  return copy.filename_pattern.CreateFilename(*files, folder, copy.file_extension, 0).find('/', folder.size() + 1) !=
         std::string::npos;
}

// DuckDB's serialized form of what is bound lacks it.
bool RefusesBloomFilters(const duckdb::LogicalCopyToFile& copy) {
  const auto option = copy.copy_info->options.find("write_bloom_filter");
  if (option == copy.copy_info->options.end() || option->second.empty()) return false;
  return !option->second[0].DefaultCastAs(duckdb::LogicalType::BOOLEAN).GetValue<bool>();
}

bool HasOption(const duckdb::LogicalCopyToFile& copy, const std::string& name) {
  return copy.copy_info->options.contains(name);
}

}  // namespace

std::string WhyWrittenByClient(const duckdb::LogicalCopyToFile& copy) {
  if (!IsFolder(copy)) return "one file is written by one process";
  // An object store has no way to give all files their names at once.
  if (copy.file_path.find(":/") != std::string::npos) return "files outside of a file system are written by the client";
  const auto& format = copy.function.name;
  if (format != "parquet" && format != "csv") return "COPY TO of the format " + format + " runs in the client";
  if (NamesFolders(copy)) return "the names of the files name folders";
  if (RefusesBloomFilters(copy)) return "WRITE_BLOOM_FILTER false";
  // Of a VARIANT whose type is not an object, the serialized form has nothing.
  if (HasOption(copy, "shredding")) return "SHREDDING";
  // What encrypts is a library of the client's, or a setting that says to do without.
  if (HasOption(copy, "encryption_config")) return "ENCRYPTION_CONFIG";
  if (copy.preserve_order == duckdb::PreserveOrderType::PRESERVE_ORDER) return "PRESERVE_ORDER";
  return "";
}

duckdb::unique_ptr<duckdb::LogicalCopyToFile> TakeTaskCopy(duckdb::LogicalCopyToFile& copy) {
  auto info = copy.copy_info->Copy();
  // Bound already: nothing reads it, and not all of it can travel.
  info->select_statement.reset();
  auto task = duckdb::make_uniq<duckdb::LogicalCopyToFile>(copy.function, std::move(copy.bind_data), std::move(info));
  task->file_path = copy.file_path;
  task->use_tmp_file = false;
  task->filename_pattern = copy.filename_pattern;
  task->file_extension = copy.file_extension;
  // The folder of a task is its own.
  task->overwrite_mode = duckdb::CopyOverwriteMode::COPY_OVERWRITE_OR_IGNORE;
  task->per_thread_output = copy.per_thread_output;
  task->file_size_bytes = copy.file_size_bytes;
  task->rotate = copy.rotate;
  task->partition_output = copy.partition_output;
  task->write_partition_columns = copy.write_partition_columns;
  task->write_empty_file = copy.write_empty_file;
  task->hive_file_pattern = copy.hive_file_pattern;
  task->preserve_order = copy.preserve_order;
  task->partition_columns = copy.partition_columns;
  task->names = copy.names;
  task->expected_types = copy.expected_types;
  const bool wants_statistics = copy.return_type == duckdb::CopyFunctionReturnType::WRITTEN_FILE_STATISTICS;
  task->return_type = wants_statistics ? copy.return_type : duckdb::CopyFunctionReturnType::CHANGED_ROWS_AND_FILE_LIST;
  return task;
}

}  // namespace skein::core
