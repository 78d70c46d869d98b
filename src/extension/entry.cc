// The entry point that DuckDB's LOAD calls. The only symbol that the extension's file exports.
#include "duckdb/main/extension/extension_loader.hpp"
#include "extension/load.h"

extern "C" __attribute__((visibility("default"))) void skein_duckdb_cpp_init(duckdb::ExtensionLoader& loader) {
  loader.SetDescription("Runs queries on a cluster of DuckDB workers");
  skein::core::LoadInto(loader.GetDatabaseInstance());
}
