#include "planner/stage_cutter.h"

#include <algorithm>
#include <optional>

#include "base/error.h"
#include "duckdb/planner/operator/logical_get.hpp"
#include "duckdb/planner/operator/logical_materialized_cte.hpp"
#include "engine/error_bridge.h"
#include "planner/operator_facts.h"

namespace skein::core {
namespace {

constexpr uint32_t kMaxTasks = 1024;  // of a stage, by an estimator

// A CTE whose definition ends in an exchange is stored for its readers.
bool IsShared(duckdb::LogicalOperator& op) {
  if (op.type != duckdb::LogicalOperatorType::LOGICAL_MATERIALIZED_CTE) return false;
  const auto* ours = AsSkein(*op.children[0]);
  return ours != nullptr && ours->kind() == OperatorKind::kExchange &&
         static_cast<const LogicalExchange&>(*ours).is_shared;
}

std::optional<uint64_t> RowsOf(const duckdb::LogicalOperator& op) {
  if (!op.has_estimated_cardinality) return std::nullopt;
  return op.estimated_cardinality;
}

std::string LastPart(const std::string& path) { return path.substr(path.find_last_of('/') + 1); }

// One file by its name, several by their number and the folder of the first.
std::string NameOf(const PlannedScan& scan) {
  if (const auto* table = scan.spec.table()) return table->table + " of " + LastPart(table->path);
  const auto& files = scan.files;
  if (files.empty()) return "of no file";
  const auto& path = files[0].path;
  if (files.size() == 1) return LastPart(path);
  const auto folder = LastPart(path.substr(0, path.find_last_of('/')));
  return folder + "/ (" + std::to_string(files.size()) + " files)";
}

}  // namespace

PlannedQuery StageCutter::Cut(OperatorPtr root) {
  const bool is_ordered = DeliversOrder(*root);
  return Finish(CutStage(std::move(root), ExchangeKind::kGather, is_ordered, {}, std::nullopt));
}

PlannedQuery StageCutter::CutAsBuilt(OperatorPtr root, uint32_t root_tasks) {
  const bool is_ordered = root_tasks == 1 && DeliversOrder(*root);
  return Finish(CutStage(std::move(root), ExchangeKind::kGather, is_ordered, {}, root_tasks));
}

PlannedQuery StageCutter::Finish(ExchangeId of_client) {
  result_.plan.exchanges[of_client].consumer = Exchange::kClient;
  for (auto& edge : result_.plan.exchanges) {
    if (!edge.is_partitioned()) {
      edge.ranges = {PartitionRange::All()};
      continue;
    }
    edge.ranges = SplitEvenly(edge.is_shared() ? options_.task_count : result_.plan.stages[edge.consumer].task_count);
  }
  const auto status = result_.plan.Validate();
  if (!status.ok()) ThrowForDuckDb(status);
  return std::move(result_);
}

ExchangeId StageCutter::CutStage(OperatorPtr root, ExchangeKind kind, bool is_ordered,
                                 duckdb::vector<ExpressionPtr> keys, std::optional<uint32_t> tasks) {
  Building building;
  building.stage.replay_class = ReplayClassOf(*root);
  Visit(root, 0, building);
  root->ResolveOperatorTypes();

  auto& stage = building.stage;
  stage.id = static_cast<StageId>(result_.plan.stages.size());
  stage.output = static_cast<ExchangeId>(result_.plan.exchanges.size());
  stage.task_count = tasks.value_or(TaskCountOf(building, kind));
  Exchange edge;
  edge.id = stage.output;
  edge.kind = kind;
  edge.is_ordered = is_ordered;
  edge.producer = stage.id;
  for (const auto& key : keys) edge.keys += (edge.keys.empty() ? "" : ", ") + key->GetName();
  for (auto input : stage.inputs) result_.plan.exchanges[input].consumer = stage.id;

  auto sink = duckdb::make_uniq<LogicalExchangeSink>();
  sink->output_types = {duckdb::LogicalType::BIGINT};
  sink->bindings = {duckdb::ColumnBinding(0, 0)};
  sink->is_ordered = is_ordered;
  sink->is_key_index = kind == ExchangeKind::kRange;
  sink->expressions = std::move(keys);
  sink->children.push_back(std::move(root));
  sink->ResolveOperatorTypes();

  result_.plan.exchanges.push_back(std::move(edge));
  result_.plan.stages.push_back(std::move(stage));
  result_.stages.push_back({std::move(sink), std::move(building.scans)});
  return result_.plan.exchanges.back().id;
}

uint32_t StageCutter::TaskCountOf(const Building& building, ExchangeKind output) const {
  if (!building.has_distributed_input) return 1;
  // Tasks that correspond to others, by a partition or one to one, are as many as those. A plan for one worker is
  // whole.
  const bool is_free = !building.has_partitioned_exchange && output != ExchangeKind::kForward;
  const bool is_asked = building.wanted_tasks > 0 && is_free && options_.task_count > 1;
  return is_asked ? building.wanted_tasks : options_.task_count;
}

void StageCutter::AskEstimator(const duckdb::LogicalGet& get, const PlannedScan& scan, Building& building) const {
  if (!options_.estimator) return;
  skein::ScanFacts facts;
  facts.name = NameOf(scan);
  facts.files = scan.files.size();
  facts.estimated_rows = RowsOf(get).value_or(0);
  facts.workers = options_.task_count;
  const auto wanted = options_.estimator->EstimateTasks(facts);
  if (wanted) building.wanted_tasks = std::max(building.wanted_tasks, std::clamp(*wanted, 1U, kMaxTasks));
}

void StageCutter::Visit(OperatorPtr& op, uint32_t depth, Building& building) {
  if (IsShared(*op)) CutCte(op);
  auto* ours = AsSkein(*op);
  if (ours != nullptr && ours->kind() == OperatorKind::kExchange) {
    const auto rows = RowsOf(*op);
    ReplaceExchange(op, building);
    building.stage.operators.push_back({depth, "EXCHANGE", "", rows, building.stage.inputs.back(), {}});
    return;
  }
  auto reason = single_reasons_.find(op.get());
  if (reason != single_reasons_.end() && building.stage.single_reason.empty()) {
    building.stage.single_reason = reason->second;
  }
  building.has_distributed_input |= task_scans_.contains(op.get());
  building.stage.is_barrier |= IsBlocking(*op);
  // What only renames columns is of no interest to people.
  const bool is_shown = ours == nullptr || ours->kind() != OperatorKind::kRestore;
  if (is_shown) building.stage.operators.push_back({depth, op->GetName(), DetailOf(*op), RowsOf(*op), {}, {}});
  if (op->type == duckdb::LogicalOperatorType::LOGICAL_GET &&
      WhyNotSplittable(op->Cast<duckdb::LogicalGet>()).empty()) {
    ReplaceScan(op, building);
    return;
  }
  for (auto& child : op->children) Visit(child, depth + (is_shown ? 1 : 0), building);
}

void StageCutter::ReplaceExchange(OperatorPtr& op, Building& building) {
  auto& exchange = static_cast<LogicalExchange&>(*op);
  auto source = duckdb::make_uniq<LogicalExchangeSource>();
  source->bindings = exchange.bindings;
  source->output_types = exchange.output_types;
  source->run_types = exchange.run_types;
  source->is_ordered = exchange.is_ordered;
  source->merge_keys = exchange.merge_keys;
  source->SetEstimatedCardinality(exchange.estimated_cardinality);
  const auto kind = exchange.exchange_kind;
  if (exchange.is_from_client) {
    source->exchange = CutClient(exchange);
  } else if (exchange.reads_cte) {
    source->exchange = CutReread(exchange);
  } else {
    source->exchange = CutStage(std::move(exchange.children[0]), kind, exchange.is_ordered,
                                std::move(exchange.expressions), exchange.producer_tasks);
    result_.plan.exchanges[source->exchange].is_merged = !exchange.merge_keys.empty();
  }
  building.stage.inputs.push_back(source->exchange);
  const bool is_partitioned = kind != ExchangeKind::kGather && kind != ExchangeKind::kBroadcast;
  building.has_distributed_input |= is_partitioned;
  building.has_partitioned_exchange |= is_partitioned;
  op = std::move(source);
}

void StageCutter::CutCte(OperatorPtr& op) {
  while (IsShared(*op)) {
    auto& exchange = static_cast<LogicalExchange&>(*op->children[0]);
    const auto id = CutStage(std::move(exchange.children[0]), exchange.exchange_kind, false,
                             std::move(exchange.expressions), std::nullopt);
    result_.plan.exchanges[id].consumer = Exchange::kShared;
    shared_[op->Cast<duckdb::LogicalMaterializedCTE>().table_index] = id;
    op = std::move(op->children[1]);
  }
}

ExchangeId StageCutter::CutReread(const LogicalExchange& exchange) {
  const auto stored = shared_.at(*exchange.reads_cte);
  Exchange edge;
  edge.id = static_cast<ExchangeId>(result_.plan.exchanges.size());
  edge.kind = exchange.exchange_kind;
  edge.producer = result_.plan.exchanges[stored].producer;
  edge.shared_from = stored;
  if (edge.is_partitioned()) {
    edge.kind = result_.plan.exchanges[stored].kind;
    edge.keys = result_.plan.exchanges[stored].keys;
  }
  result_.plan.exchanges.push_back(std::move(edge));
  return result_.plan.exchanges.back().id;
}

ExchangeId StageCutter::CutClient(LogicalExchange& exchange) {
  Exchange edge;
  edge.id = static_cast<ExchangeId>(result_.plan.exchanges.size());
  edge.kind = exchange.exchange_kind;
  edge.producer = Exchange::kClient;
  edge.client_reason = exchange.client_reason;
  for (const auto& key : exchange.expressions) edge.keys += (edge.keys.empty() ? "" : ", ") + key->GetName();
  PlannedClientInput input;
  input.exchange = edge.id;
  input.kind = edge.kind;
  input.plan = std::move(exchange.children[0]);
  input.keys = std::move(exchange.expressions);
  result_.plan.exchanges.push_back(std::move(edge));
  result_.client_inputs.push_back(std::move(input));
  return result_.plan.exchanges.back().id;
}

void StageCutter::ReplaceScan(OperatorPtr& op, Building& building) {
  auto& get = op->Cast<duckdb::LogicalGet>();
  auto scan = duckdb::make_uniq<LogicalSplitScan>();
  auto planned = PlanScan(context_, get);
  planned.spec.scan = static_cast<ScanId>(building.scans.size());
  scan->spec = planned.spec.Copy();
  scan->bindings = get.GetColumnBindings();
  scan->output_types = get.types;
  scan->dynamic_filters = get.dynamic_filters;
  scan->SetEstimatedCardinality(get.estimated_cardinality);
  building.stage.scans.push_back({planned.spec.scan, planned.spec.name});
  AskEstimator(get, planned, building);
  building.stage.operators.back().detail = NameOf(planned);
  building.stage.operators.back().scan = planned.spec.scan;
  building.scans.push_back(std::move(planned));
  building.has_distributed_input = true;
  op = std::move(scan);
}

}  // namespace skein::core
