// Checkpoints of queries as files of one directory: for each query a list of its completed stages, QUERY.checkpoint,
// and for each stage with data a file beside it. All are Arrow IPC streams. The list is renamed into place when all
// else is written, and carries the checksums of the others. Owned by the fault manager, which locks.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <arrow/record_batch.h>
#include <arrow/result.h>

namespace skein {

/// What is done of a query.
struct Checkpoint {
  std::set<uint32_t> completed;
  std::map<uint32_t, arrow::RecordBatchVector> data;
};

class CheckpointStore {
 public:
  /// Makes nothing yet. Empty `directory`: one among the system's temporary files, made with the first checkpoint.
  explicit CheckpointStore(std::string directory);
  /// Drops what it has kept; errors are ignored.
  ~CheckpointStore();

  /// Keeps this in place of what was kept of the query before. Errors: those of FaultManager::CreateCheckpoint.
  arrow::Status Keep(const std::string& query, const Checkpoint& checkpoint);
  /// Reads what was kept, by whatever process. Errors (WorldError) name the damaged file.
  arrow::Result<std::optional<Checkpoint>> Read(const std::string& query) const;
  arrow::Status Drop(const std::string& query);
  /// Counts the queries of which this store has kept something.
  size_t kept() const { return kept_.size(); }

 private:
  arrow::Status MakeDirectory();
  std::filesystem::path ListOf(const std::string& query) const { return directory_ / (query + ".checkpoint"); }
  /// Removes the files, but no lists in place, whose names begin with `prefix`, and not with `but` where that is not
  /// empty.
  arrow::Status RemoveFiles(const std::string& prefix, const std::string& but) const;

  std::filesystem::path directory_;
  const bool is_temporary_;
  std::set<std::string> kept_;  // queries, by this store
};

}  // namespace skein
