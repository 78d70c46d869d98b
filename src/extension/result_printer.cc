#include "extension/result_printer.h"

#include <nlohmann/json.hpp>

#include "duckdb/common/box_renderer.hpp"

namespace skein::core {
namespace {

void PrintCsvField(const std::string& text, std::ostream& out) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) {
    out << text;
    return;
  }
  out << '"';
  for (char c : text) {
    if (c == '"') out << '"';
    out << c;
  }
  out << '"';
}

void PrintCsv(duckdb::MaterializedQueryResult& result, std::ostream& out) {
  for (size_t i = 0; i < result.names.size(); i++) {
    if (i > 0) out << ',';
    PrintCsvField(result.names[i], out);
  }
  out << '\n';
  for (auto& row : result.Collection().GetRows()) {
    for (size_t i = 0; i < result.names.size(); i++) {
      if (i > 0) out << ',';
      const auto value = row.GetValue(i);
      if (!value.IsNull()) PrintCsvField(value.ToString(), out);
    }
    out << '\n';
  }
}

bool IsJsonNumber(const duckdb::Value& value) {
  const auto& type = value.type();
  if (!type.IsNumeric()) return false;
  if (type.id() != duckdb::LogicalTypeId::DOUBLE && type.id() != duckdb::LogicalTypeId::FLOAT) return true;
  return std::isfinite(value.GetValue<double>());
}

std::string JsonOf(const duckdb::Value& value) {
  if (value.IsNull()) return "null";
  if (value.type().id() == duckdb::LogicalTypeId::BOOLEAN) return value.GetValue<bool>() ? "true" : "false";
  if (IsJsonNumber(value)) return value.ToString();
  return nlohmann::json(value.ToString()).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

void PrintJson(duckdb::MaterializedQueryResult& result, std::ostream& out) {
  out << '[';
  bool is_first_row = true;
  for (auto& row : result.Collection().GetRows()) {
    out << (is_first_row ? "\n" : ",\n") << '{';
    is_first_row = false;
    for (size_t i = 0; i < result.names.size(); i++) {
      out << (i > 0 ? "," : "") << nlohmann::json(result.names[i]).dump() << ':' << JsonOf(row.GetValue(i));
    }
    out << '}';
  }
  out << "]\n";
}

}  // namespace

void PrintResult(duckdb::ClientContext& context, duckdb::MaterializedQueryResult& result, OutputFormat format,
                 std::ostream& out) {
  switch (format) {
    case OutputFormat::kNone:
      return;
    case OutputFormat::kCsv:
      PrintCsv(result, out);
      return;
    case OutputFormat::kJson:
      PrintJson(result, out);
      return;
    case OutputFormat::kTable: {
      duckdb::BoxRendererConfig config;
      config.max_rows = 200;
      out << result.ToBox(context, config);
      return;
    }
  }
}

}  // namespace skein::core
