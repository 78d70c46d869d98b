// Cuts a scan of CSV or JSON files into splits at the coordinator: each file, pinned, is one, which one thread of a
// worker reads from its begin to its end. A CSV file cannot be cut: whether a line's end is inside of quotes is known
// only to who has read all before it. Any thread.
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

/// Returns one split a file, ids from 0, in the files' order; how many rows it has is not known. Throws an
/// InvalidInputException that names a file which is none that can be read twice: a pipe, a device.
std::vector<Split> EnumerateTextSplits(duckdb::ClientContext& context,
                                       const duckdb::vector<duckdb::OpenFileInfo>& files,
                                       const std::vector<std::string>& bound_of_files);

}  // namespace skein::core
