// The files of one execution of a COPY to a folder: workers make them in a staging folder inside the target; at the end
// all get their names, or none does. Owned by the execution; one thread at a time.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "duckdb/common/enums/copy_overwrite_mode.hpp"
#include "duckdb/common/file_system.hpp"
#include "duckdb/common/filename_pattern.hpp"

namespace skein::core {

/// What the statement says of the target.
struct CopyNames {
  std::string folder;
  duckdb::FilenamePattern pattern;
  std::string extension;
  duckdb::CopyOverwriteMode overwrite = duckdb::CopyOverwriteMode::COPY_ERROR_ON_CONFLICT;
  /// Each partition has a folder of its own, in which tasks may write several files where DuckDB writes one.
  bool is_partitioned = false;
};

class StagedCopy {
 public:
  /// Makes the target, where it is not there, and the staging folder. `files` outlives Commit and Abandon. Throws
  /// DuckDB's exceptions: the target is a file or holds files, and may not be overwritten.
  StagedCopy(duckdb::FileSystem& files, CopyNames names);
  /// Abandons what was not committed.
  ~StagedCopy() { Abandon(); }
  StagedCopy(const StagedCopy&) = delete;
  StagedCopy& operator=(const StagedCopy&) = delete;

  /// Absolute; each task makes a folder of its own in it.
  const std::string& staging_folder() const { return staging_; }
  /// Gives the files, by their paths in the staging folder, their names; returns these in the same order. Throws an
  /// IOException, and then the target is as it was; if that fails, too, the error says where its files are.
  std::vector<std::string> Commit(const std::vector<std::string>& written);
  /// Removes all that was made, and waits a little for tasks that end. Nothing after Commit; never throws.
  void Abandon();

 private:
  void TakePlaceOfFile();
  std::vector<std::string> FilesThere() const;
  void MoveAway(const std::string& path);
  void MakeFolders(const std::string& below_target);
  std::string NameFor(const std::string& folder, duckdb::idx_t& number);
  void Move(const std::string& from, const std::string& to);
  bool TryUndo();
  void RemoveStaging();

  duckdb::FileSystem& files_;
  const CopyNames names_;
  std::string staging_;
  bool is_over_ = false;
  std::vector<std::string> to_overwrite_;  // what was there when the statement began
  // What has been done, to be undone.
  std::string file_in_place_;  // that was where the target is, under another name
  bool has_made_target_ = false;
  std::vector<std::pair<std::string, std::string>> moves_;
  std::vector<std::string> made_folders_;
  duckdb::idx_t moved_away_ = 0;
};

}  // namespace skein::core
