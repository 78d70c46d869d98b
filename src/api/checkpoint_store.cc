#include "api/checkpoint_store.h"

#include <algorithm>
#include <cerrno>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "api/batch_rows.h"
#include "api/checkpoint_list.h"
#include "api/private_file.h"
#include "base/error.h"
#include "base/ids.h"
#include "exchange/block.h"
#include "skein/serialized_batch.h"

namespace skein {
namespace {

namespace fs = std::filesystem;

arrow::Status CheckId(const std::string& query) {
  const auto is_allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  };
  if (!query.empty() && query.size() <= 64 && std::all_of(query.begin(), query.end(), is_allowed)) {
    return arrow::Status::OK();
  }
  return core::UserError("not the id of a query, 1 to 64 of A-Z a-z 0-9 - _: '" + query + "'");
}

arrow::Status CheckCheckpoint(const Checkpoint& checkpoint) {
  for (const auto& [stage, batches] : checkpoint.data) {
    const auto name = "stage " + std::to_string(stage);
    if (!checkpoint.completed.contains(stage)) return core::UserError(name + " has data, but is not completed");
    if (batches.empty()) return core::UserError(name + " has no batch: an empty one carries the schema");
    for (size_t i = 0; i < batches.size(); i++) {
      ARROW_RETURN_NOT_OK(CheckIsThere(batches[i], "batch " + std::to_string(i) + " of " + name));
    }
  }
  return arrow::Status::OK();
}

arrow::Status Damaged(const fs::path& path, const std::string& why) {
  return core::WorldError("damaged checkpoint " + path.string() + ": " + why);
}

/// Writes the data of stages; the files' names begin with `prefix`.
arrow::Result<std::vector<CheckpointedStage>> WriteStages(const Checkpoint& checkpoint, const fs::path& directory,
                                                          const std::string& prefix) {
  std::vector<CheckpointedStage> list;
  for (const auto stage : checkpoint.completed) {
    CheckpointedStage entry{stage, "", 0};
    if (const auto found = checkpoint.data.find(stage); found != checkpoint.data.end()) {
      ARROW_ASSIGN_OR_RAISE(const auto bytes, SerializedBatch::FromBatches(found->second));
      entry.file = prefix + std::to_string(stage) + ".arrows";
      entry.checksum = core::ChecksumOf(*bytes.bytes());
      ARROW_RETURN_NOT_OK(WritePrivateFile(directory / entry.file, *bytes.bytes()));
    }
    list.push_back(std::move(entry));
  }
  return list;
}

arrow::Result<arrow::RecordBatchVector> ReadStage(const CheckpointedStage& entry, const fs::path& directory) {
  const auto path = directory / entry.file;
  ARROW_ASSIGN_OR_RAISE(const auto bytes, ReadWholeFile(path));
  if (core::ChecksumOf(*bytes) != entry.checksum) return Damaged(path, "its checksum is another one");
  auto batches = SerializedBatch(bytes).ToBatches();
  if (!batches.ok()) return Damaged(path, batches.status().message());
  return batches;
}

/// Moves a file into its place, also on the disk.
arrow::Status RenameDurably(const fs::path& from, const fs::path& to) {
  std::error_code error;
  fs::rename(from, to, error);
  if (error) return FileError("cannot rename", from, error);
  const int directory = ::open(to.parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (directory < 0) return FileError("cannot open", to.parent_path(), {errno, std::generic_category()});
  const bool is_synced = ::fsync(directory) == 0;
  const std::error_code why(errno, std::generic_category());
  ::close(directory);
  return is_synced ? arrow::Status::OK() : FileError("cannot write", to.parent_path(), why);
}

}  // namespace

CheckpointStore::CheckpointStore(std::string directory)
    : directory_(std::move(directory)), is_temporary_(directory_.empty()) {}

CheckpointStore::~CheckpointStore() {
  const auto queries = kept_;
  for (const auto& query : queries) static_cast<void>(Drop(query));
  std::error_code ignored;
  if (is_temporary_ && !directory_.empty()) fs::remove(directory_, ignored);
}

arrow::Status CheckpointStore::MakeDirectory() {
  std::error_code error;
  if (directory_.empty()) {
    const auto parent = fs::temp_directory_path(error);
    if (error) return core::WorldError("no directory for temporary files: " + error.message());
    directory_ = parent / ("skein-checkpoints-" + core::RandomHex(8));
  }
  if (directory_.has_parent_path()) fs::create_directories(directory_.parent_path(), error);
  if (error) return FileError("cannot create", directory_.parent_path(), error);
  if (::mkdir(directory_.c_str(), S_IRWXU) == 0 || (errno == EEXIST && fs::is_directory(directory_, error))) {
    return arrow::Status::OK();
  }
  return FileError("cannot create", directory_, {errno, std::generic_category()});
}

arrow::Status CheckpointStore::Keep(const std::string& query, const Checkpoint& checkpoint) {
  ARROW_RETURN_NOT_OK(CheckId(query));
  ARROW_RETURN_NOT_OK(CheckCheckpoint(checkpoint));
  ARROW_RETURN_NOT_OK(MakeDirectory());
  const auto generation = query + "." + core::RandomHex(8) + ".";
  const auto write = [&]() -> arrow::Status {
    ARROW_ASSIGN_OR_RAISE(const auto stages, WriteStages(checkpoint, directory_, generation));
    ARROW_ASSIGN_OR_RAISE(const auto list, SerializeList(stages));
    const auto written = directory_ / (generation + "list");
    ARROW_RETURN_NOT_OK(WritePrivateFile(written, *list));
    return RenameDurably(written, ListOf(query));
  };
  const auto status = write();
  if (!status.ok()) {
    // What was kept before stands as it was; only what was begun goes.
    static_cast<void>(RemoveFiles(generation, ""));
    return status;
  }
  kept_.insert(query);
  return RemoveFiles(query + ".", generation);
}

arrow::Result<std::optional<Checkpoint>> CheckpointStore::Read(const std::string& query) const {
  ARROW_RETURN_NOT_OK(CheckId(query));
  std::error_code error;
  if (directory_.empty() || !fs::exists(ListOf(query), error)) {
    if (error) return FileError("cannot read", ListOf(query), error);
    return std::nullopt;
  }
  ARROW_ASSIGN_OR_RAISE(auto bytes, ReadWholeFile(ListOf(query)));
  const auto list = ParseList(std::move(bytes));
  if (!list.ok()) return Damaged(ListOf(query), list.status().message());
  Checkpoint checkpoint;
  for (const auto& entry : *list) {
    checkpoint.completed.insert(entry.stage);
    if (entry.file.empty()) continue;
    ARROW_ASSIGN_OR_RAISE(checkpoint.data[entry.stage], ReadStage(entry, directory_));
  }
  return checkpoint;
}

arrow::Status CheckpointStore::Drop(const std::string& query) {
  ARROW_RETURN_NOT_OK(CheckId(query));
  std::error_code error;
  if (directory_.empty() || !fs::exists(directory_, error)) return arrow::Status::OK();
  fs::remove(ListOf(query), error);
  if (error) return FileError("cannot remove", ListOf(query), error);
  kept_.erase(query);
  return RemoveFiles(query + ".", "");
}

arrow::Status CheckpointStore::RemoveFiles(const std::string& prefix, const std::string& but) const {
  std::error_code error;
  std::vector<fs::path> found;
  for (fs::directory_iterator at(directory_, error), end; !error && at != end; at.increment(error)) {
    const auto name = at->path().filename().string();
    const bool is_data = at->path().extension() == ".arrows" || at->path().extension() == ".list";
    const bool is_kept = !but.empty() && name.starts_with(but);
    if (is_data && name.starts_with(prefix) && !is_kept) found.push_back(at->path());
  }
  if (error) return FileError("cannot read", directory_, error);
  for (const auto& path : found) {
    fs::remove(path, error);
    if (error) return FileError("cannot remove", path, error);
  }
  return arrow::Status::OK();
}

}  // namespace skein
