// What a worker must know to scan splits of Parquet files exactly as the planned scan would: our own wire format, in
// place of DuckDB's, which would look for the files again on every worker.
#pragma once

#include <string>

#include "base/ids.h"
#include "duckdb.hpp"
#include "duckdb/common/multi_file/multi_file_reader.hpp"
#include "duckdb/planner/operator/logical_get.hpp"
#include "parquet_reader.hpp"

namespace skein::core {

struct SplitScanSpec {
  ScanId scan = 0;
  /// For people: the function and its first file.
  std::string name;
  /// The file that the columns were taken from: DuckDB's messages about other files name it.
  std::string first_file;
  duckdb::vector<std::string> names;
  duckdb::vector<duckdb::LogicalType> types;
  duckdb::MultiFileReaderBindData reader_bind;
  duckdb::ParquetOptionsSerialization options;
  duckdb::vector<duckdb::ColumnIndex> column_ids;
  duckdb::vector<duckdb::idx_t> projection_ids;
  /// By position in column_ids.
  duckdb::TableFilterSet filters;
  duckdb::virtual_column_map_t virtual_columns;

  SplitScanSpec Copy() const;
  void Serialize(duckdb::Serializer& serializer) const;
  void Deserialize(duckdb::Deserializer& deserializer);
};

/// One split on the wire: row groups of one file, pinned.
struct ParquetSplit {
  std::string path;
  /// Position in the scan's list of files: the value of the virtual column file_index.
  uint64_t file_index = 0;
  uint64_t file_size = 0;
  /// Microseconds since the epoch, in whole seconds for local files, or 0 where the file system has none.
  int64_t modified = 0;
  /// Nanoseconds since the epoch, of a file that the client's operating system knows; otherwise 0.
  int64_t modified_ns = 0;
  duckdb::vector<duckdb::idx_t> row_groups;

  std::string ToBytes() const;
  static ParquetSplit FromBytes(const std::string& bytes);
};

}  // namespace skein::core
