// What a worker must know to scan splits exactly as the planned scan would: our own wire format, in place of DuckDB's,
// which would look for the files again on every worker. A scan is of Parquet files, of a table in a database file, or
// of text files (CSV, JSON). Values.
#pragma once

#include <string>
#include <variant>

#include "base/ids.h"
#include "duckdb.hpp"
#include "duckdb/common/multi_file/multi_file_reader.hpp"
#include "duckdb/planner/operator/logical_get.hpp"
#include "engine/pinned_file.h"
#include "parquet_reader.hpp"

namespace skein::core {

struct ParquetFiles {
  /// The file that the columns were taken from: DuckDB's messages about other files name it.
  std::string first_file;
  duckdb::MultiFileReaderBindData reader_bind;
  duckdb::ParquetOptionsSerialization options;

  void Serialize(duckdb::Serializer& serializer) const;
  void Deserialize(duckdb::Deserializer& deserializer);
};

/// A table in a database file that processes may open together, read only.
struct TableOfFile {
  std::string path;
  std::string schema;
  std::string table;
  /// As the client has opened it: what a worker opens must be the same.
  std::string version;

  void Serialize(duckdb::Serializer& serializer) const;
  void Deserialize(duckdb::Deserializer& deserializer);
};

enum class TextFormat : uint8_t { kCsv = 0, kJson = 1 };

struct TextFiles {
  TextFormat format = TextFormat::kCsv;
  /// As of ParquetFiles.
  std::string first_file;
  duckdb::MultiFileReaderBindData reader_bind;
  /// What DuckDB found out about the files when it bound the scan: see text_bind.h.
  std::string bound;

  void Serialize(duckdb::Serializer& serializer) const;
  void Deserialize(duckdb::Deserializer& deserializer);
};

struct SplitScanSpec {
  ScanId scan = 0;
  /// For people: the function and its first file.
  std::string name;
  duckdb::vector<std::string> names;
  duckdb::vector<duckdb::LogicalType> types;
  duckdb::vector<duckdb::ColumnIndex> column_ids;
  duckdb::vector<duckdb::idx_t> projection_ids;
  /// By position in column_ids.
  duckdb::TableFilterSet filters;
  duckdb::virtual_column_map_t virtual_columns;
  std::variant<ParquetFiles, TableOfFile, TextFiles> source;

  const ParquetFiles& parquet() const { return std::get<ParquetFiles>(source); }
  const TextFiles& text() const { return std::get<TextFiles>(source); }
  /// Null where the scan is of files.
  const TableOfFile* table() const { return std::get_if<TableOfFile>(&source); }

  SplitScanSpec Copy() const;
  void Serialize(duckdb::Serializer& serializer) const;
  void Deserialize(duckdb::Deserializer& deserializer);
};

/// One split on the wire: row groups of one file.
struct ParquetSplit : PinnedFile {
  /// Microseconds since the epoch, in whole seconds for local files, or 0 where the file system has none.
  int64_t modified = 0;
  duckdb::vector<duckdb::idx_t> row_groups;

  std::string ToBytes() const;
  static ParquetSplit FromBytes(const std::string& bytes);
};

/// One split on the wire: rows of a table by their row ids, in [begin, end), of a pinned file.
struct TableSplit {
  int64_t begin = 0;
  int64_t end = 0;
  /// As of PinnedFile; 0 where the operating system does not know the file.
  uint64_t file_size = 0;
  int64_t modified_ns = 0;

  std::string ToBytes() const;
  static TableSplit FromBytes(const std::string& bytes);
};

/// The bytes of a split of a text file that can be cut; one with less than two such parts alone is left to the client.
constexpr uint64_t kTextSplitBytes = uint64_t{8} << 20;

/// One split on the wire: a text file, or a part of one.
struct TextSplit : PinnedFile {
  /// The lines that begin in [begin, end) of the file's bytes; the whole file where both are 0.
  uint64_t begin = 0;
  uint64_t end = 0;
  /// DuckDB would read a file of this scan by several threads, and so refuses what they could not.
  bool is_read_in_parallel = false;
  /// What was found out about this very file, where the files' columns are united by name: see text_bind.h.
  std::string of_file;

  bool is_whole() const { return end == 0; }
  std::string ToBytes() const;
  static TextSplit FromBytes(const std::string& bytes);
};

}  // namespace skein::core
