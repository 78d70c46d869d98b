#include "engine/text_splits.h"

#include <algorithm>

#include "duckdb/common/multi_file/multi_file_list.hpp"
#include "duckdb/execution/operator/csv_scanner/csv_buffer_manager.hpp"
#include "duckdb/function/table/read_csv.hpp"
#include "duckdb/parallel/task_scheduler.hpp"
#include "engine/file_version.h"
#include "engine/text_bind.h"

namespace skein::core {
namespace {

using duckdb::StringUtil;

// File systems that somebody registered in the client's process have names such as "memory://x"; what stands behind a
// device's or a descriptor's name is another thing in each process.
bool IsOfOneProcess(const std::string& path) {
  const auto is_below = [&](const char* folder) { return StringUtil::StartsWith(path, folder); };
  if (StringUtil::Contains(path, "://") || is_below("file:")) return true;
  return (is_below("/dev/") && !is_below("/dev/shm/")) || is_below("/proc/");
}

std::string WhyNotReadCsv(const duckdb::ReadCSVData& csv) {
  if (csv.options.store_rejects.GetValue()) return "rejected lines go into tables of the client";
  const auto& encoding = csv.options.encoding;
  if (encoding != "utf-8" && encoding != "utf-16" && encoding != "latin-1") {
    return "its encoding comes from an extension of the client";
  }
  // What the client has read of a pipe is gone.
  if (csv.buffer_manager && csv.buffer_manager->file_handle->IsPipe()) return "the first file is a pipe";
  return "";
}

// As DuckDB decides it: CSVGlobalState.
bool IsReadInParallel(duckdb::ClientContext& context, size_t file_count) {
  const auto threads = duckdb::TaskScheduler::GetScheduler(context).NumberOfThreads();
  return file_count <= 1 || file_count <= static_cast<size_t>(threads) * 2;
}

void AppendSplits(TextSplit text, bool can_be_cut, std::vector<Split>& out) {
  const auto size = can_be_cut && text.file_size > kTextSplitBytes ? text.file_size : 0;
  do {
    text.begin = text.end;
    text.end = std::min(text.begin + kTextSplitBytes, size);
    Split split;
    split.id = static_cast<SplitId>(out.size());
    split.payload = text.ToBytes();
    out.push_back(std::move(split));
  } while (text.end < size);
}

// A file that several workers would have no part of to read, each.
std::string WhyNotShared(const duckdb::MultiFileBindData& bind_data) {
  const std::string reason = "one file, which the client reads with all its threads";
  if (OpenBytes(bind_data) < 2 * kTextSplitBytes) return reason;
  const auto why = WhyNotCut(bind_data, 0, bind_data.file_list->GetFirstFile().path);
  return why.empty() ? "" : reason + ": " + why;
}

}  // namespace

std::string WhyNotReadByWorkers(const duckdb::MultiFileBindData& bind_data) {
  if (*TextFormatOf(bind_data) == TextFormat::kCsv) {
    const auto reason = WhyNotReadCsv(bind_data.bind_data->Cast<duckdb::ReadCSVData>());
    if (!reason.empty()) return reason;
  }
  const auto are_many = bind_data.file_list->GetExpandResult() == duckdb::FileExpandResult::MULTIPLE_FILES;
  if (!are_many) {
    const auto reason = WhyNotShared(bind_data);
    if (!reason.empty()) return reason;
  }
  for (const auto& file : bind_data.file_list->GetAllFiles()) {
    if (IsOfOneProcess(file.path)) return "\"" + file.path + "\" may be another file, or none, for a worker";
  }
  return "";
}

TextFiles TextFilesOf(const duckdb::MultiFileBindData& bind_data, const std::string& first_file) {
  return {*TextFormatOf(bind_data), first_file, bind_data.reader_bind, BoundOf(bind_data)};
}

std::vector<Split> EnumerateTextSplits(duckdb::ClientContext& context, const std::vector<TextFile>& files) {
  TextSplit text;
  text.is_read_in_parallel = IsReadInParallel(context, files.size());
  std::vector<Split> splits;
  for (const auto& file : files) {
    // Nothing is known of a file that is gone: who opens it says so.
    const auto version = FileVersion::Of(file.path).value_or(FileVersion{.is_regular = true});
    if (!version.is_regular) {
      throw duckdb::InvalidInputException(
          "\"%s\" is not a file that can be read twice: SET skein_mode = 'local' to read it", file.path);
    }
    text.path = file.path;
    text.folder = FolderOf(file.path);
    text.file_size = version.size;
    text.modified_ns = version.modified_ns;
    text.of_file = file.bound;
    AppendSplits(text, file.can_be_cut, splits);
    text.file_index++;
  }
  return splits;
}

}  // namespace skein::core
