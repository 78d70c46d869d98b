#include "extension/name_completion.h"

namespace skein::core {
namespace {

constexpr char kNames[] = R"(
  SELECT DISTINCT name FROM (
    SELECT keyword_name AS name FROM duckdb_keywords()
    UNION ALL SELECT table_name FROM duckdb_tables() WHERE NOT internal
    UNION ALL SELECT view_name FROM duckdb_views() WHERE NOT internal
    UNION ALL SELECT column_name FROM duckdb_columns() WHERE NOT internal
    UNION ALL SELECT function_name FROM duckdb_functions()
    UNION ALL SELECT name FROM duckdb_settings())
  WHERE starts_with(lower(name), lower($1)) ORDER BY name LIMIT 200)";

}  // namespace

std::vector<std::string> NamesThatBegin(duckdb::Connection& connection, const std::string& prefix) {
  std::vector<std::string> names;
  auto result = connection.Query(kNames, duckdb::Value(prefix));
  if (result->HasError()) return names;
  for (auto& row : *result) names.push_back(row.GetValue<std::string>(0));
  return names;
}

}  // namespace skein::core
