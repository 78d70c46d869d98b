#include "engine/known_functions.h"

#include "duckdb.hpp"

namespace skein::core {

std::set<std::string> FunctionsOfDuckDb() {
  duckdb::DBConfig config;
  config.SetOptionByName("threads", duckdb::Value::BIGINT(1));
  duckdb::DuckDB database(nullptr, &config);
  duckdb::Connection connection(database);
  auto result = connection.Query("SELECT DISTINCT function_name FROM duckdb_functions()");
  if (result->HasError()) result->ThrowError();
  std::set<std::string> names;
  for (auto& row : result->Collection().GetRows()) names.insert(row.GetValue(0).ToString());
  return names;
}

}  // namespace skein::core
