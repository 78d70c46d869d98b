// Cuts a scan of CSV or JSON files into splits at the coordinator, files pinned: a file is one, which one thread of a
// worker reads from its begin to its end, but for a large file that can be read from any line on. Any thread.
#pragma once

#include <string>
#include <vector>

#include "duckdb.hpp"
#include "duckdb/common/multi_file/multi_file_states.hpp"
#include "engine/split_scan_spec.h"
#include "plan/split.h"

namespace skein::core {

/// Says why workers cannot read the files as the client would; empty when they can. REQUIRES: a scan of text files.
std::string WhyNotReadByWorkers(const duckdb::MultiFileBindData& bind_data);

/// REQUIRES: WhyNotReadByWorkers is empty.
TextFiles TextFilesOf(const duckdb::MultiFileBindData& bind_data, const std::string& first_file);

/// A file of the scan, as it was known when the scan was planned.
struct TextFile {
  std::string path;
  std::string bound;  // BoundOfFile
  bool can_be_cut = false;
};

/// Returns splits with ids from 0, in the order of files and lines; how many rows they have is not known. Throws an
/// InvalidInputException that names a file which is none that can be read twice: a pipe, a device.
std::vector<Split> EnumerateTextSplits(duckdb::ClientContext& context, const std::vector<TextFile>& files);

}  // namespace skein::core
