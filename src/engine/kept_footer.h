// Parquet files that are opened again and again: by every query of a client, by every task of a worker.
#pragma once

#include "duckdb.hpp"
#include "parquet_reader.hpp"

namespace skein::core {

/// Opens a Parquet file with the footer of the last time where the file is still the same: parsing it is most of the
/// work. Two kinds are parsed each time, for which DuckDB 1.5.5's own parquet_metadata_cache does not do and stays off:
/// of an encrypted file no page can be read with a kept footer, and that of a file with geometry keeps whether it is to
/// be converted. Throws DuckDB's exceptions; any thread.
duckdb::unique_ptr<duckdb::ParquetReader> OpenWithKeptFooter(duckdb::ClientContext& context,
                                                             const duckdb::OpenFileInfo& file,
                                                             const duckdb::ParquetOptions& options);

}  // namespace skein::core
