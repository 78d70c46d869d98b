#include "engine/parquet_splits.h"

#include <typeinfo>

#include "duckdb/common/multi_file/multi_file_list.hpp"
#include "duckdb/common/multi_file/multi_file_states.hpp"
#include "duckdb/common/types/timestamp.hpp"
#include "engine/file_version.h"
#include "engine/kept_footer.h"
#include "engine/plan_bytes.h"
#include "engine/text_bind.h"
#include "parquet_multi_file_info.hpp"

namespace skein::core {
namespace {

using duckdb::idx_t;

duckdb::MultiFileBindData* BindDataOf(duckdb::LogicalGet& get) {
  return dynamic_cast<duckdb::MultiFileBindData*>(get.bind_data.get());
}

bool IsOfParquet(const duckdb::MultiFileBindData* bind_data) {
  return bind_data != nullptr && dynamic_cast<duckdb::ParquetMultiFileInfo*>(bind_data->interface.get()) != nullptr;
}

// The options sit in a class that parquet's own .cpp keeps to itself: its serializer is the way to read them.
duckdb::ParquetOptionsSerialization OptionsOf(const duckdb::LogicalGet& get) {
  const auto bytes = WriteBytes(
      [&](duckdb::Serializer& serializer) { get.function.serialize(serializer, get.bind_data.get(), get.function); });
  duckdb::ParquetOptionsSerialization options;
  ReadBytes(bytes, [&](duckdb::BinaryDeserializer& deserializer) {
    deserializer.ReadProperty<duckdb::vector<std::string>>(100, "files");
    deserializer.ReadProperty<duckdb::vector<duckdb::LogicalType>>(101, "types");
    deserializer.ReadProperty<duckdb::vector<std::string>>(102, "names");
    deserializer.ReadProperty(103, "parquet_options", options);
    deserializer.ReadPropertyWithExplicitDefault<duckdb::vector<std::string>>(104, "table_columns", {});
  });
  return options;
}

void AppendSplit(const ParquetSplit& parquet, int64_t rows, std::vector<Split>& out) {
  Split split;
  split.id = static_cast<SplitId>(out.size());
  split.rows = static_cast<uint64_t>(rows);
  split.payload = parquet.ToBytes();
  out.push_back(std::move(split));
}

void AppendSplits(const duckdb::ParquetReader& reader, ParquetSplit parquet, std::vector<Split>& out) {
  const auto& row_groups = reader.GetFileMetadata()->row_groups;
  // Somebody must find out whether its columns fit.
  if (row_groups.empty()) return AppendSplit(parquet, 0, out);
  for (idx_t group = 0; group < row_groups.size(); group++) {
    parquet.row_groups = {group};
    AppendSplit(parquet, row_groups[group].num_rows, out);
  }
}

void TakeFiles(duckdb::LogicalGet& get, PlannedScan& scan) {
  auto& bind_data = *BindDataOf(get);
  scan.files = bind_data.file_list->GetAllFiles();
  scan.spec.names = bind_data.names;
  scan.spec.types = bind_data.types;
  const auto first_file = scan.files.empty() ? std::string() : scan.files[0].path;
  if (TextFormatOf(bind_data)) {
    scan.spec.source = TextFilesOf(bind_data, first_file);
    for (idx_t i = 0; i < scan.files.size(); i++) {
      const auto& path = scan.files[i].path;
      scan.text_files.push_back({path, BoundOfFile(bind_data, i), WhyNotCut(bind_data, i, path).empty()});
    }
  } else {
    scan.spec.source = ParquetFiles{first_file, bind_data.reader_bind, OptionsOf(get)};
  }
}

std::vector<Split> EnumerateParquetSplits(duckdb::ClientContext& context, const PlannedScan& scan) {
  std::vector<Split> splits;
  for (idx_t i = 0; i < scan.files.size(); i++) {
    // Asked before the file is opened: a change in between is found by the worker.
    const auto version = FileVersion::Of(scan.files[i].path);
    const auto reader = OpenWithKeptFooter(context, scan.files[i], scan.spec.parquet().options.parquet_options);
    auto& handle = reader->GetHandle();
    ParquetSplit parquet;
    parquet.path = scan.files[i].path;
    parquet.folder = FolderOf(parquet.path);
    parquet.file_index = i;
    parquet.file_size = handle.GetFileSize();
    parquet.modified = handle.GetLastModifiedTime().value;
    parquet.modified_ns = version ? version->modified_ns : 0;
    AppendSplits(*reader, std::move(parquet), splits);
  }
  return splits;
}

// Of a scan that is not of Parquet files.
std::string WhatItReads(const std::string& function) {
  if (function == "seq_scan") return "a table of the client's database";
  const bool is_frame = function == "arrow_scan" || function == "arrow_scan_dumb" || function == "pandas_scan";
  return is_frame ? "rows of the client's process" : function + " is not split";
}

}  // namespace

std::string WhyNotSplittable(duckdb::LogicalGet& get) {
  if (IsTableScan(get)) return WhyNotOpenToWorkers(get);
  auto* bind_data = BindDataOf(get);
  const auto is_text = bind_data != nullptr && TextFormatOf(*bind_data).has_value();
  if (!is_text && !IsOfParquet(bind_data)) return WhatItReads(get.function.name);
  const auto& file_reader = *bind_data->multi_file_reader;
  if (typeid(file_reader) != typeid(duckdb::MultiFileReader)) {
    return "the scan belongs to a table format";
  }
  if (!bind_data->reader_bind.schema.empty()) return "the scan has a schema of its own";
  if (!bind_data->table_columns.empty()) return "COPY FROM is not split";
  if (get.extra_info.sample_options) return "a sample is taken in the scan";
  if (SkipsRowGroups(get.row_group_order_options.get())) return "the scan skips row groups of an OFFSET";
  if (get.ordinality_idx.IsValid()) return "WITH ORDINALITY numbers the rows of one scan";
  if (!get.children.empty()) return "the scan depends on another operator";
  return is_text ? WhyNotReadByWorkers(*bind_data) : "";
}

PlannedScan PlanScan(duckdb::ClientContext& context, duckdb::LogicalGet& get) {
  PlannedScan scan;
  auto& spec = scan.spec;
  spec.name = get.function.name;
  if (IsTableScan(get)) {
    spec.source = TableOf(get);
    scan.rows = TableRowsOf(get);
    spec.names = get.names;
    spec.types = get.returned_types;
  } else {
    TakeFiles(get, scan);
  }
  spec.column_ids = get.GetColumnIds();
  spec.projection_ids = get.projection_ids;
  spec.virtual_columns = get.virtual_columns;
  for (const auto& [column, filter] : get.table_filters.filters) {
    for (idx_t i = 0; i < spec.column_ids.size(); i++) {
      if (spec.column_ids[i].GetPrimaryIndex() != column) continue;
      spec.filters.filters[i] = filter->Copy();
      break;
    }
  }
  return scan;
}

std::vector<Split> EnumerateSplits(duckdb::ClientContext& context, const PlannedScan& scan) {
  if (const auto* table = scan.spec.table()) return EnumerateTableSplits(*table, scan.rows);
  if (std::holds_alternative<TextFiles>(scan.spec.source)) {
    return EnumerateTextSplits(context, scan.text_files);
  }
  return EnumerateParquetSplits(context, scan);
}

}  // namespace skein::core
