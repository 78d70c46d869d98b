#include "extension/copied_files.h"

#include <algorithm>

namespace skein::core {

using duckdb::CopyFunctionReturnType;
using duckdb::Value;

void CopiedFiles::Append(duckdb::DataChunk& chunk) {
  for (duckdb::idx_t i = 0; i < chunk.size(); i++) {
    if (returns_ == CopyFunctionReturnType::WRITTEN_FILE_STATISTICS) {
      File file;
      for (duckdb::idx_t column = 0; column < chunk.ColumnCount(); column++) {
        file.statistics.push_back(chunk.GetValue(column, i));
      }
      file.path = file.statistics[0].ToString();
      file.is_empty = file.statistics[1].GetValue<uint64_t>() == 0;
      files_.push_back(std::move(file));
      continue;
    }
    const auto count = chunk.GetValue(0, i).GetValue<int64_t>();
    row_count_ += count;
    const auto paths = chunk.GetValue(1, i);
    for (const auto& path : duckdb::ListValue::GetChildren(paths)) files_.push_back({path.ToString(), count == 0, {}});
  }
}

std::vector<std::string> CopiedFiles::WorthKeeping() {
  std::sort(files_.begin(), files_.end(), [](const File& a, const File& b) { return a.path < b.path; });
  const bool any_rows = std::any_of(files_.begin(), files_.end(), [](const File& file) { return !file.is_empty; });
  if (any_rows) {
    std::erase_if(files_, [](const File& file) { return file.is_empty; });
  } else if (files_.size() > 1) {
    files_.resize(1);
  }
  std::vector<std::string> paths;
  for (const auto& file : files_) paths.push_back(file.path);
  return paths;
}

void CopiedFiles::TakeNames(const std::vector<std::string>& names) {
  rows_.clear();
  if (returns_ == CopyFunctionReturnType::WRITTEN_FILE_STATISTICS) {
    for (size_t i = 0; i < names.size(); i++) {
      files_[i].statistics[0] = Value(names[i]);
      rows_.push_back(std::move(files_[i].statistics));
    }
    return;
  }
  Row row{Value::BIGINT(row_count_)};
  if (returns_ == CopyFunctionReturnType::CHANGED_ROWS_AND_FILE_LIST) {
    duckdb::vector<Value> list;
    for (const auto& name : names) list.emplace_back(name);
    row.push_back(Value::LIST(duckdb::LogicalType::VARCHAR, std::move(list)));
  }
  rows_.push_back(std::move(row));
}

}  // namespace skein::core
