#include "engine/kept_footer.h"

#include "duckdb/storage/object_cache.hpp"
#include "parquet_file_metadata_cache.hpp"
#include "parquet_geometry.hpp"

namespace skein::core {

duckdb::unique_ptr<duckdb::ParquetReader> OpenWithKeptFooter(duckdb::ClientContext& context,
                                                             const duckdb::OpenFileInfo& file,
                                                             const duckdb::ParquetOptions& options) {
  using duckdb::ParquetReader;
  const bool is_kept =
      !options.encryption_config && duckdb::GeoParquetFileMetadata::IsGeoParquetConversionEnabled(context);
  if (!is_kept) return duckdb::make_uniq<ParquetReader>(context, file, options);
  auto kept = ParquetReader::GetMetadataCacheEntry(context, file);
  if (kept) {
    auto reader = duckdb::make_uniq<ParquetReader>(context, file, options, kept);
    if (kept->IsValid(reader->GetHandle())) return reader;
  }
  auto reader = duckdb::make_uniq<ParquetReader>(context, file, options);
  duckdb::ObjectCache::GetObjectCache(context).PutWithTypePrefix<duckdb::ParquetFileMetadataCache>(file.path,
                                                                                                   reader->metadata);
  return reader;
}

}  // namespace skein::core
