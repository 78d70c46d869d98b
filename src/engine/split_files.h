// The Parquet files that the splits of one scan lie in, each opened once a task and shared by its threads.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>

#include "base/mutex.h"
#include "duckdb/common/multi_file/multi_file_function.hpp"
#include "duckdb/common/multi_file/multi_file_states.hpp"
#include "engine/file_version.h"
#include "engine/split_scan_spec.h"

namespace skein::core {

/// One open file with DuckDB's mapping of its columns onto the scan's.
struct SplitFile {
  SplitFile(duckdb::shared_ptr<duckdb::BaseFileReader> reader, PinnedFile opened, std::optional<FileVersion> version)
      : data(std::move(reader)), pinned(std::move(opened)), version(version) {}
  duckdb::MultiFileReaderData data;
  PinnedFile pinned;
  /// The scan's filters prove that no row of the file qualifies.
  bool is_skipped = false;
  /// What was opened, where the operating system knows.
  std::optional<FileVersion> version;

  /// Throws an IOException that names the file when it was written to since it was opened.
  void CheckUnchanged();
  /// Throws what is said about `error`, which came while the file was read: that the file has changed, or DuckDB's
  /// error, with the file's name in it and never of a class that ends a database.
  [[noreturn]] void ThrowReadError(const std::exception& error);
  duckdb::ParquetReader& reader() { return static_cast<duckdb::ParquetReader&>(*data.reader); }
};

class SplitFiles {
 public:
  SplitFiles(duckdb::ClientContext& context, const SplitScanSpec& spec, duckdb::TableFilterSet* filters);

  /// Opens the split's file, or returns it. Throws DuckDB's exceptions, and an IOException that names the file when it
  /// is not the version that was planned. Any thread.
  SplitFile& Get(const ParquetSplit& split);
  /// What MultiFileReader::FinalizeChunk wants to see for its error messages.
  const duckdb::MultiFileBindData& bind_data() const { return bind_data_; }
  duckdb::MultiFileReader& multi_file_reader() { return *multi_file_reader_; }

 private:
  struct Entry {
    Mutex mutex;
    std::unique_ptr<SplitFile> file GUARDED_BY(mutex);
  };
  std::unique_ptr<SplitFile> Open(const ParquetSplit& split);

  duckdb::ClientContext& context_;
  const SplitScanSpec& spec_;
  duckdb::TableFilterSet* filters_;
  duckdb::unique_ptr<duckdb::MultiFileReader> multi_file_reader_;
  duckdb::MultiFileBindData bind_data_;
  Mutex mutex_;
  std::map<uint64_t, Entry> entries_ GUARDED_BY(mutex_);  // by file index
};

}  // namespace skein::core
