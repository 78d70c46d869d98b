#include "engine/split_files.h"

#include "duckdb/common/multi_file/multi_file_list.hpp"
#include "duckdb/common/types/timestamp.hpp"
#include "engine/kept_footer.h"
#include "engine/read_error.h"

namespace skein::core {
void SplitFile::CheckUnchanged() {
  if (version && version->IsOverwritten(FileVersion::Of(pinned.path_to_open()))) ThrowChanged(pinned.path);
}

void SplitFile::ThrowReadError(const std::exception& error) {
  CheckUnchanged();
  core::ThrowReadError(pinned.path, error);
}

SplitFiles::SplitFiles(duckdb::ClientContext& context, const SplitScanSpec& spec, duckdb::TableFilterSet* filters)
    : context_(context),
      spec_(spec),
      filters_(filters),
      multi_file_reader_(duckdb::MultiFileReader::CreateDefault("parquet_scan")) {
  bind_data_.names = spec.names;
  bind_data_.types = spec.types;
  bind_data_.columns = duckdb::MultiFileColumnDefinition::ColumnsFromNamesAndTypes(spec.names, spec.types);
  bind_data_.reader_bind = spec.parquet().reader_bind;
  bind_data_.file_options = spec.parquet().options.file_options;
  bind_data_.virtual_columns = spec.virtual_columns;
  bind_data_.file_list = duckdb::make_shared_ptr<duckdb::SimpleMultiFileList>(duckdb::vector<duckdb::OpenFileInfo>{});
}

SplitFile& SplitFiles::Get(const ParquetSplit& split) {
  Entry* entry;
  {
    MutexLock lock(mutex_);
    entry = &entries_[split.file_index];
  }
  MutexLock lock(entry->mutex);
  if (!entry->file) entry->file = Open(split);
  return *entry->file;
}

std::unique_ptr<SplitFile> SplitFiles::Open(const ParquetSplit& split) {
  const duckdb::OpenFileInfo info(split.path_to_open());
  auto opened = OpenWithKeptFooter(context_, info, spec_.parquet().options.parquet_options);
  duckdb::shared_ptr<duckdb::ParquetReader> reader(std::move(opened));
  auto& handle = reader->GetHandle();
  const auto modified = handle.GetLastModifiedTime().value;
  const auto version = FileVersion::Of(info.path);
  if (handle.GetFileSize() != split.file_size || (split.modified != 0 && modified != split.modified) ||
      (split.modified_ns != 0 && (!version || version->modified_ns != split.modified_ns))) {
    ThrowChanged(split.path);
  }
  reader->file_list_idx = split.file_index;
  auto file = std::make_unique<SplitFile>(std::move(reader), split, version);
  // Columns with the file's name or parts of it are made here. Each thread opens the file anew, by the path that it has
  // then.
  file->reader().file.path = split.path;
  // Looked at for messages only.
  duckdb::SimpleMultiFileList list(
      {duckdb::OpenFileInfo(spec_.parquet().first_file.empty() ? split.path : spec_.parquet().first_file)});
  multi_file_reader_->FinalizeBind(file->data, spec_.parquet().options.file_options, spec_.parquet().reader_bind,
                                   bind_data_.columns, spec_.column_ids, context_, nullptr);
  const auto result =
      multi_file_reader_->CreateMapping(context_, file->data, bind_data_.columns, spec_.column_ids, filters_, list,
                                        spec_.parquet().reader_bind, spec_.virtual_columns);
  file->reader().file.path = info.path;
  file->is_skipped = result == duckdb::ReaderInitializeType::SKIP_READING_FILE;
  return file;
}

}  // namespace skein::core
