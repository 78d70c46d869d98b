#include "extension/staged_copy.h"

#include <chrono>
#include <filesystem>
#include <map>
#include <thread>

#include "base/ids.h"
#include "duckdb/common/exception.hpp"

namespace skein::core {
namespace {

using duckdb::CopyOverwriteMode;

// Tasks that were cancelled make no new file once they know.
constexpr auto kCleanupLimit = std::chrono::seconds(2);
constexpr auto kCleanupPause = std::chrono::milliseconds(5);

std::string WithoutSlashAtEnd(std::string folder) {
  while (folder.size() > 1 && folder.back() == '/') folder.pop_back();
  return folder;
}

CopyNames Expanded(duckdb::FileSystem& files, CopyNames names) {
  names.folder = WithoutSlashAtEnd(files.ExpandPath(names.folder));
  return names;
}

// The folder that holds `path`, below the folder of its task; "" for that itself.
std::string FolderBelowTask(const std::string& path, const std::string& staging) {
  const auto task = staging.size() + 1;
  const bool leaves = std::filesystem::path(path).lexically_normal() != path;
  const auto begin = path.find('/', task);
  const auto end = path.find_last_of('/');
  if (leaves || path.compare(0, task, staging + "/") != 0 || begin == std::string::npos) {
    throw duckdb::IOException("skein internal: a worker wrote \"%s\", which is not in \"%s\"", path, staging);
  }
  return end > begin ? path.substr(begin + 1, end - begin - 1) : "";
}

}  // namespace

StagedCopy::StagedCopy(duckdb::FileSystem& files, CopyNames names)
    : files_(files), names_(Expanded(files, std::move(names))) {
  try {
    if (files_.FileExists(names_.folder)) TakePlaceOfFile();
    if (!files_.DirectoryExists(names_.folder)) {
      files_.CreateDirectory(names_.folder);
      has_made_target_ = true;
    } else if (names_.overwrite == CopyOverwriteMode::COPY_OVERWRITE) {
      // DuckDB removes them now, and has lost them where the statement fails.
      to_overwrite_ = FilesThere();
    } else if (names_.overwrite == CopyOverwriteMode::COPY_ERROR_ON_CONFLICT && !FilesThere().empty()) {
      throw duckdb::IOException("Directory \"%s\" is not empty! Enable OVERWRITE option to overwrite files",
                                names_.folder);
    }
    staging_ = std::filesystem::canonical(names_.folder).string() + "/_skein_" + RandomHex(8);
    files_.CreateDirectory(staging_);
  } catch (...) {
    Abandon();
    throw;
  }
}

// The texts of the two errors are DuckDB's.
void StagedCopy::TakePlaceOfFile() {
  if (names_.overwrite != CopyOverwriteMode::COPY_OVERWRITE) {
    throw duckdb::IOException(
        "Cannot write to \"%s\" - it exists and is a file, not a directory! Enable OVERWRITE option to overwrite the "
        "file",
        names_.folder);
  }
  const auto aside = names_.folder + "_skein_" + RandomHex(8);
  files_.MoveFile(names_.folder, aside);
  file_in_place_ = aside;
}

std::vector<std::string> StagedCopy::FilesThere() const {
  std::vector<std::string> found, folders{names_.folder};
  while (!folders.empty()) {
    const auto folder = folders.back();
    folders.pop_back();
    files_.ListFiles(folder, [&](const std::string& name, bool is_folder) {
      (is_folder ? folders : found).push_back(files_.JoinPath(folder, name));
    });
  }
  return found;
}

std::vector<std::string> StagedCopy::Commit(const std::vector<std::string>& written) {
  std::vector<std::string> paths;
  try {
    for (const auto& path : to_overwrite_) {
      if (files_.FileExists(path)) MoveAway(path);
    }
    std::map<std::string, duckdb::idx_t> numbers;  // by folder
    for (const auto& path : written) {
      if (!files_.FileExists(path)) {
        throw duckdb::IOException(
            "\"%s\", which a worker wrote, is not here: client and workers do not share the folder; have the client "
            "write by SET skein_copy = 'client'",
            path);
      }
      const auto folder = FolderBelowTask(path, staging_);
      MakeFolders(folder);
      paths.push_back(NameFor(folder, numbers[folder]));
      Move(path, paths.back());
    }
  } catch (const std::exception& error) {
    if (TryUndo()) throw;
    throw duckdb::IOException("%s; and what was in \"%s\" could not be moved back: it is in \"%s\"",
                              duckdb::ErrorData(error).RawMessage(), names_.folder, staging_);
  }
  is_over_ = true;
  RemoveStaging();
  if (!file_in_place_.empty()) files_.TryRemoveFile(file_in_place_);
  return paths;
}

void StagedCopy::MoveAway(const std::string& path) {
  const auto away = staging_ + "/away-" + std::to_string(moved_away_++);
  Move(path, away);
}

void StagedCopy::MakeFolders(const std::string& below_target) {
  auto path = names_.folder;
  for (const auto& name : std::filesystem::path(below_target)) {
    path = files_.JoinPath(path, name.string());
    if (files_.DirectoryExists(path)) continue;
    files_.CreateDirectory(path);
    made_folders_.push_back(path);
  }
}

std::string StagedCopy::NameFor(const std::string& folder, duckdb::idx_t& number) {
  const auto path = folder.empty() ? names_.folder : files_.JoinPath(names_.folder, folder);
  auto name = names_.pattern.CreateFilename(files_, path, names_.extension, number++);
  if (!files_.FileExists(name)) return name;
  switch (names_.overwrite) {
    case CopyOverwriteMode::COPY_APPEND:
      // With a pattern that has no number each call gives another name.
      while (files_.FileExists(name)) name = names_.pattern.CreateFilename(files_, path, names_.extension, number++);
      break;
    case CopyOverwriteMode::COPY_ERROR_ON_CONFLICT:
      throw duckdb::IOException("\"%s\" was made by somebody else while the statement ran", name);
    default:
      // DuckDB has one file in a partition, whose name it takes: others that are there are not those of an earlier run.
      while (names_.is_partitioned && number > 1 && files_.FileExists(name)) {
        name = names_.pattern.CreateFilename(files_, path, names_.extension, number++);
      }
      if (files_.FileExists(name)) MoveAway(name);
      break;
  }
  return name;
}

void StagedCopy::Move(const std::string& from, const std::string& to) {
  files_.MoveFile(from, to);
  moves_.emplace_back(from, to);
}

bool StagedCopy::TryUndo() {
  try {
    for (; !moves_.empty(); moves_.pop_back()) files_.MoveFile(moves_.back().second, moves_.back().first);
    for (auto folder = made_folders_.rbegin(); folder != made_folders_.rend(); ++folder) {
      std::filesystem::remove(*folder);  // only when it is empty
    }
    return true;
  } catch (const std::exception&) {
    // The staging folder must stay, too.
    is_over_ = true;
    return false;
  }
}

void StagedCopy::Abandon() {
  if (is_over_) return;
  is_over_ = true;
  RemoveStaging();
  // There is nobody to tell of an error: the statement has one of its own.
  std::error_code ignored;
  if (has_made_target_) std::filesystem::remove(names_.folder, ignored);  // only when it is empty
  if (!file_in_place_.empty()) std::filesystem::rename(file_in_place_, names_.folder, ignored);
}

void StagedCopy::RemoveStaging() {
  if (staging_.empty()) return;
  const auto until = std::chrono::steady_clock::now() + kCleanupLimit;
  while (true) {
    std::error_code error;
    std::filesystem::remove_all(staging_, error);
    if (!std::filesystem::exists(staging_, error) || std::chrono::steady_clock::now() > until) return;
    std::this_thread::sleep_for(kCleanupPause);
  }
}

}  // namespace skein::core
