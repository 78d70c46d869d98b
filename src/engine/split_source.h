// What a split scan reads its splits with: one source a task, one reader a thread. A source is chosen by what the
// scan's spec names: Parquet files, a table in a database file, or text files. Sources: any thread; readers: one.
#pragma once

#include <memory>

#include "duckdb.hpp"
#include "engine/split_scan_spec.h"
#include "plan/split.h"

namespace skein::core {

class SplitReader {
 public:
  virtual ~SplitReader() = default;
  /// Goes on to `split`; false where no row of it can pass the scan's filters. Throws DuckDB's exceptions.
  virtual bool Begin(const Split& split) = 0;
  /// Fills `out` with the next rows of the split; false at its end. Throws DuckDB's exceptions.
  virtual bool Next(duckdb::DataChunk& out) = 0;
};

class SplitSource {
 public:
  virtual ~SplitSource() = default;
  virtual std::unique_ptr<SplitReader> MakeReader(duckdb::ExecutionContext& context) = 0;
};

/// `spec` and `context` outlive the source; `filters`, which may be null, are those of the spec and of joins above.
std::unique_ptr<SplitSource> MakeParquetSource(duckdb::ClientContext& context, const SplitScanSpec& spec,
                                               duckdb::unique_ptr<duckdb::TableFilterSet> filters);
/// Opens the database file, read only, until the source is destroyed.
std::unique_ptr<SplitSource> MakeTableSource(duckdb::ClientContext& context, const SplitScanSpec& spec,
                                             duckdb::unique_ptr<duckdb::TableFilterSet> filters);
/// Reads CSV and JSON files, whole or a range of lines, each by one thread.
std::unique_ptr<SplitSource> MakeTextSource(duckdb::ClientContext& context, const SplitScanSpec& spec,
                                            duckdb::unique_ptr<duckdb::TableFilterSet> filters);

}  // namespace skein::core
