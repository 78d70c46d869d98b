#include "extension/load.h"

#include "duckdb/main/config.hpp"
#include "duckdb/optimizer/optimizer_extension.hpp"
#include "engine/logical_operators.h"
#include "engine/scalar_functions.h"
#include "extension/built_stages.h"
#include "extension/instance_state.h"
#include "extension/optimizer_hook.h"
#include "extension/settings.h"
#include "extension/system_tables.h"

namespace skein::core {

void LoadInto(duckdb::DatabaseInstance& database) {
  if (database.config.HasExtensionOption("skein_cluster")) return;
  duckdb::OptimizerExtension hook;
  hook.optimize_function = OptimizeForCluster;
  hook.optimizer_info = duckdb::make_shared_ptr<InstanceState>();
  duckdb::OptimizerExtension::Register(database.config, std::move(hook));
  RegisterOperators(database);
  RegisterScalarFunctions(database);
  RegisterSystemTables(database);
  RegisterBuiltStages(database);
  RegisterSettings(database);
}

}  // namespace skein::core
