// The names of the formats of results. Free functions; any thread.
#pragma once

#include <optional>
#include <string>

#include "extension/sql_session.h"

namespace skein::core {

constexpr char kOutputFormats[] = "table, csv, json or none";

/// Nothing where there is no such format.
inline std::optional<OutputFormat> OutputFormatOf(const std::string& name) {
  if (name == "table") return OutputFormat::kTable;
  if (name == "csv") return OutputFormat::kCsv;
  if (name == "json") return OutputFormat::kJson;
  if (name == "none") return OutputFormat::kNone;
  return std::nullopt;
}

}  // namespace skein::core
