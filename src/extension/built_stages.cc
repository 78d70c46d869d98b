#include "extension/built_stages.h"

#include <memory>
#include <utility>

#include "duckdb/function/table_function.hpp"
#include "duckdb/main/extension/extension_loader.hpp"
#include "duckdb/planner/operator/logical_get.hpp"
#include "engine/error_bridge.h"
#include "extension/instance_state.h"
#include "extension/remote_query.h"
#include "extension/settings.h"
#include "extension/stage_text.h"
#include "planner/stage_builder.h"
#include "planner/stage_cutter.h"

namespace skein::core {
namespace {

constexpr char kRunStages[] = "skein_run_stages";
constexpr char kCopied[] = "%s cannot be copied within a statement: read it once, or WITH … AS MATERIALIZED";

struct StagesData : public duckdb::TableFunctionData {
  OperatorPtr plan;  // taken by PlaceBuiltStages
  uint32_t root_tasks = 1;
};

duckdb::unique_ptr<duckdb::FunctionData> BindStages(duckdb::ClientContext& context,
                                                    duckdb::TableFunctionBindInput& input,
                                                    duckdb::vector<duckdb::LogicalType>& types,
                                                    duckdb::vector<std::string>& names) {
  // DuckDB copies a plan by writing and binding it again, without a binder.
  if (!input.binder) throw duckdb::InvalidInputException(kCopied, kRunStages);
  auto read = ReadStages(input.inputs[0].ToString());
  if (!read.ok()) ThrowForDuckDb(read.status());
  const auto stages = OrderStages(std::move(*read));
  if (!stages.ok()) ThrowForDuckDb(stages.status());
  StageBuilder builder(context, *input.binder, InstanceState::Get(context).WorkerFunctions());
  for (const auto& stage : *stages) builder.Add(stage);
  auto data = duckdb::make_uniq<StagesData>();
  data->plan = builder.Finish(types, names);
  data->root_tasks = stages->back().tasks;
  return data;
}

void RunHere(duckdb::ClientContext&, duckdb::TableFunctionInput&, duckdb::DataChunk&) {
  throw duckdb::InvalidInputException(
      "%s runs on a cluster: SET skein_cluster = 'local:4', and skein_mode is not 'local'", kRunStages);
}

duckdb::unique_ptr<LogicalRemoteQuery> MakeRemote(duckdb::ClientContext& context, duckdb::LogicalGet& get) {
  auto& data = get.bind_data->Cast<StagesData>();
  if (!data.plan) throw duckdb::InvalidInputException(kCopied, kRunStages);
  const auto options = PlannerOptionsOf(context, InstanceState::Get(context).worker_count());
  const ExchangePlacer nothing_to_place(context, options, [] { return 0; });
  auto remote = duckdb::make_uniq<LogicalRemoteQuery>();
  remote->bindings = data.plan->GetColumnBindings();
  remote->output_types = data.plan->types;
  remote->SetEstimatedCardinality(data.plan->estimated_cardinality);
  StageCutter cutter(context, options, nothing_to_place);
  remote->SetQuery(std::make_shared<PlannedQuery>(cutter.CutAsBuilt(std::move(data.plan), data.root_tasks)));
  remote->ResolveOperatorTypes();
  return remote;
}

}  // namespace

void RegisterBuiltStages(duckdb::DatabaseInstance& database) {
  RegisterStageInputs(database);
  duckdb::ExtensionLoader loader(database, "skein");
  loader.RegisterFunction(duckdb::TableFunction(kRunStages, {duckdb::LogicalType::VARCHAR}, RunHere, BindStages));
}

void PlaceBuiltStages(duckdb::ClientContext& context, OperatorPtr& plan) {
  for (auto& child : plan->children) PlaceBuiltStages(context, child);
  if (plan->type != duckdb::LogicalOperatorType::LOGICAL_GET) return;
  auto& get = plan->Cast<duckdb::LogicalGet>();
  if (get.function.name == kRunStages) plan = SelectColumnsOf(MakeRemote(context, get), get);
}

}  // namespace skein::core
