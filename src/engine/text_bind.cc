#include "engine/text_bind.h"

#include "duckdb/execution/operator/csv_scanner/csv_multi_file_info.hpp"
#include "engine/csv_bind.h"
#include "engine/json_bind.h"
#include "json_multi_file_info.hpp"

namespace skein::core {

std::optional<TextFormat> TextFormatOf(const duckdb::MultiFileBindData& bind_data) {
  const auto* interface = bind_data.interface.get();
  if (dynamic_cast<const duckdb::CSVMultiFileInfo*>(interface) != nullptr) return TextFormat::kCsv;
  if (dynamic_cast<const duckdb::JSONMultiFileInfo*>(interface) != nullptr) return TextFormat::kJson;
  return std::nullopt;
}

std::string BoundOf(const duckdb::MultiFileBindData& bind_data) {
  return *TextFormatOf(bind_data) == TextFormat::kCsv ? CsvBoundOf(bind_data) : JsonBoundOf(bind_data);
}

std::string BoundOfFile(const duckdb::MultiFileBindData& bind_data, duckdb::idx_t index) {
  return *TextFormatOf(bind_data) == TextFormat::kCsv ? CsvBoundOfFile(bind_data, index) : "";
}

std::string WhyNotCut(const duckdb::MultiFileBindData& bind_data, duckdb::idx_t index, const std::string& path) {
  if (*TextFormatOf(bind_data) == TextFormat::kCsv) return WhyCsvNotCut(bind_data, path);
  return IsOfJsonLines(bind_data, index, path) ? "" : "it is not known to have a value a line";
}

uint64_t OpenBytes(const duckdb::MultiFileBindData& bind_data) {
  return *TextFormatOf(bind_data) == TextFormat::kCsv ? OpenCsvBytes(bind_data) : OpenJsonBytes(bind_data);
}

void FillBound(duckdb::ClientContext& context, const TextFiles& files, const TextSplit& split,
               duckdb::MultiFileBindData& bind_data) {
  if (files.format == TextFormat::kCsv) {
    bind_data.interface = duckdb::CSVMultiFileInfo::CreateInterface(context);
    FillCsvBound(context, files.bound, split, bind_data);
  } else {
    bind_data.interface = duckdb::JSONMultiFileInfo::CreateInterface(context);
    FillJsonBound(files.bound, !split.is_whole(), bind_data);
  }
}

}  // namespace skein::core
