#include "planner/stage_builder.h"

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "duckdb/main/extension/extension_loader.hpp"
#include "duckdb/optimizer/optimizer.hpp"
#include "duckdb/parser/common_table_expression_info.hpp"
#include "duckdb/parser/parser.hpp"
#include "duckdb/parser/query_node.hpp"
#include "duckdb/parser/statement/select_statement.hpp"
#include "duckdb/planner/binder.hpp"
#include "duckdb/planner/expression/bound_columnref_expression.hpp"
#include "duckdb/planner/expression/bound_constant_expression.hpp"
#include "duckdb/planner/operator/logical_projection.hpp"
#include "duckdb/planner/subquery/flatten_dependent_join.hpp"
#include "engine/parquet_splits.h"
#include "planner/client_filters.h"
#include "planner/eligibility.h"
#include "planner/stage_inputs.h"
#include "planner/task_scan.h"

namespace skein::core {
namespace {

using duckdb::idx_t;
using duckdb::InvalidInputException;
using duckdb::LogicalOperatorType;

// The column that carries the number of a row's partition to the exchange.
constexpr char kPartitionColumn[] = "__skein_partition";

std::string TableOf(uint32_t stage) { return "stage_" + std::to_string(stage); }

duckdb::unique_ptr<duckdb::FunctionData> BindInput(duckdb::ClientContext& context,
                                                   duckdb::TableFunctionBindInput& input,
                                                   duckdb::vector<duckdb::LogicalType>& types,
                                                   duckdb::vector<std::string>& names) {
  const auto inputs = context.registered_state->Get<StageInputs>(StageInputs::kName);
  const auto& given = input.inputs[0];
  const auto stage = given.IsNull() ? 0 : static_cast<uint32_t>(given.GetValue<int64_t>());
  if (!inputs || given.IsNull() || !inputs->columns.contains(stage)) {
    throw InvalidInputException("%s is for the SQL of stages, where it stands for those they depend on",
                                kStageInputFunction);
  }
  const auto& columns = inputs->columns[stage];
  types = columns.types;
  names = columns.names;
  auto data = duckdb::make_uniq<StageInputData>();
  data->stage = stage;
  data->estimated_rows = columns.estimated_rows;
  return data;
}

duckdb::unique_ptr<duckdb::NodeStatistics> EstimateInput(duckdb::ClientContext&, const duckdb::FunctionData* data) {
  return duckdb::make_uniq<duckdb::NodeStatistics>(data->Cast<StageInputData>().estimated_rows);
}

void RunInput(duckdb::ClientContext&, duckdb::TableFunctionInput&, duckdb::DataChunk&) {
  throw InvalidInputException("%s runs nowhere", kStageInputFunction);
}

duckdb::unique_ptr<duckdb::SelectStatement> ParseSelect(const std::string& sql) {
  duckdb::Parser parser;
  parser.ParseQuery(sql);
  if (parser.statements.size() != 1 || parser.statements[0]->type != duckdb::StatementType::SELECT_STATEMENT) {
    throw InvalidInputException("its SQL is one SELECT");
  }
  return duckdb::unique_ptr_cast<duckdb::SQLStatement, duckdb::SelectStatement>(std::move(parser.statements[0]));
}

// Makes the rows of a stage a table that the statement knows.
duckdb::unique_ptr<duckdb::CommonTableExpressionInfo> DefineTable(uint32_t stage, bool has_partition_column) {
  const std::string columns = has_partition_column ? std::string("* EXCLUDE ") + kPartitionColumn : "*";
  auto definition = duckdb::make_uniq<duckdb::CommonTableExpressionInfo>();
  definition->query =
      ParseSelect("SELECT " + columns + " FROM " + kStageInputFunction + "(" + std::to_string(stage) + ")");
  definition->materialized = duckdb::CTEMaterialize::CTE_MATERIALIZE_NEVER;
  return definition;
}

// A boundary is one expression, whatever its text.
std::string OneExpression(const std::string& text) {
  const auto expressions = duckdb::Parser::ParseExpressionList(text);
  if (expressions.size() != 1) throw InvalidInputException("the boundary %s is not one value", text);
  return "(" + expressions[0]->ToString() + ")";
}

// Counts how often each stage is read in a plan.
void CountReads(duckdb::LogicalOperator& op, std::map<uint32_t, int>& reads) {
  if (op.type == LogicalOperatorType::LOGICAL_GET &&
      op.Cast<duckdb::LogicalGet>().function.name == kStageInputFunction) {
    reads[op.Cast<duckdb::LogicalGet>().bind_data->Cast<StageInputData>().stage]++;
  }
  for (auto& child : op.children) CountReads(*child, reads);
}

// Says whether tasks of the plan would have rows of their own from elsewhere than stages.
bool HasOwnRows(duckdb::LogicalOperator& op) {
  const bool scans =
      op.type == LogicalOperatorType::LOGICAL_GET && op.Cast<duckdb::LogicalGet>().function.name != kStageInputFunction;
  return scans || ReadsTaskContext(op) ||
         std::any_of(op.children.begin(), op.children.end(), [](OperatorPtr& child) { return HasOwnRows(*child); });
}

std::string Quoted(const std::string& name) { return duckdb::KeywordHelper::WriteQuoted(name, '"'); }

}  // namespace

std::string StageBuilder::WithPartitionColumn(const StageSpec& stage) {
  if (stage.output != ExchangeKind::kRange) return stage.sql;
  // A NULL is below nothing: it comes to the last partition.
  std::string cases;
  for (size_t i = 0; i < stage.boundaries.size(); i++) {
    cases +=
        " WHEN " + Quoted(stage.keys[0]) + " < " + OneExpression(stage.boundaries[i]) + " THEN " + std::to_string(i);
  }
  const auto last = std::to_string(stage.boundaries.size());
  const auto partition = cases.empty() ? last : "CASE" + cases + " ELSE " + last + " END";
  auto inner = ParseSelect(stage.sql)->ToString();
  return "SELECT *, (" + partition + ")::BIGINT AS " + kPartitionColumn + " FROM (" + inner + ") AS of_stage";
}

void StageBuilder::Add(const StageSpec& stage) {
  const auto inputs = duckdb::make_shared_ptr<StageInputs>();
  for (const auto dependency : stage.dependencies) {
    const auto& built = built_.at(dependency);
    inputs->columns[dependency] = {built.types, built.names, built.plan->estimated_cardinality};
  }
  context_.registered_state->Insert(StageInputs::kName, inputs);
  try {
    auto built = Plan(stage);
    context_.registered_state->Remove(StageInputs::kName);
    built_.emplace(stage.id, std::move(built));
    last_ = stage.id;
  } catch (std::exception& exception) {
    context_.registered_state->Remove(StageInputs::kName);
    const duckdb::ErrorData error(exception);
    duckdb::ErrorData(error.Type(), "stage " + std::to_string(stage.id) + ": " + error.RawMessage()).Throw();
  }
}

StageBuilder::Built StageBuilder::Plan(const StageSpec& stage) {
  auto statement = ParseSelect(WithPartitionColumn(stage));
  // Before the statement's own: those may read them.
  auto own_tables = std::move(statement->node->cte_map.map);
  statement->node->cte_map.map = {};
  auto& tables = statement->node->cte_map.map;
  for (const auto dependency : stage.dependencies) {
    if (own_tables.contains(TableOf(dependency))) {
      throw InvalidInputException("its WITH defines %s, which is the name of a stage", TableOf(dependency));
    }
    const bool is_range = built_.at(dependency).spec.output == ExchangeKind::kRange;
    tables.insert(TableOf(dependency), DefineTable(dependency, is_range));
  }
  for (auto& [name, table] : own_tables) tables.insert(name, std::move(table));

  auto binder = duckdb::Binder::CreateBinder(context_, &binder_);
  auto bound = binder->Bind(static_cast<duckdb::SQLStatement&>(*statement));
  auto plan = duckdb::FlattenDependentJoins::DecorrelateIndependent(*binder, std::move(bound.plan));
  CheckReads(*plan, stage);
  duckdb::Optimizer optimizer(*binder, context_);
  Built built;
  built.spec = stage;
  built.plan = optimizer.Optimize(std::move(plan));
  built.plan->ResolveOperatorTypes();
  built.types = built.plan->types;
  built.names = bound.names;
  built.plan->EstimateCardinality(context_);
  const auto found = Examine(context_, *built.plan, worker_functions_);
  if (!found.reason.empty()) throw InvalidInputException("it cannot run on workers: %s", found.reason);
  RaiseClientFilters(context_, built.plan, worker_functions_);
  Connect(built.plan, stage);
  built.plan->ResolveOperatorTypes();
  return built;
}

void StageBuilder::CheckReads(duckdb::LogicalOperator& plan, const StageSpec& stage) const {
  std::map<uint32_t, int> reads;
  CountReads(plan, reads);
  bool has_own_rows = HasOwnRows(plan);
  for (const auto dependency : stage.dependencies) {
    const int count = reads[dependency];
    if (count == 0) throw InvalidInputException("it does not read %s", TableOf(dependency));
    if (count > 1) throw InvalidInputException("it reads %s %d times: only once can be", TableOf(dependency), count);
    has_own_rows |= built_.at(dependency).spec.output != ExchangeKind::kBroadcast;
  }
  if (stage.tasks > 1 && !has_own_rows) {
    throw InvalidInputException("each of its %u partitions would give the same rows: give it 1", stage.tasks);
  }
}

void StageBuilder::Connect(OperatorPtr& op, const StageSpec& reader) {
  if (FindTaskScan(*op) != nullptr) return;
  if (op->type != LogicalOperatorType::LOGICAL_GET) {
    for (auto& child : op->children) Connect(child, reader);
    return;
  }
  auto& get = op->Cast<duckdb::LogicalGet>();
  if (get.function.name == kStageInputFunction) {
    const auto stage = get.bind_data->Cast<StageInputData>().stage;
    const auto producer = built_.find(stage);
    if (producer == built_.end())
      throw InvalidInputException("its plan reads %s twice: only once can be", TableOf(stage));
    op = MakeExchange(std::move(producer->second), get, reader.id);
    built_.erase(producer);
    return;
  }
  const auto reason = WhyNotSplittable(get);
  if (reason.empty()) return;
  const auto kind = reader.tasks == 1 ? ExchangeKind::kGather : ExchangeKind::kRoundRobin;
  auto scattered = duckdb::make_uniq<LogicalExchange>(kind, std::move(op));
  scattered->is_from_client = true;
  scattered->client_reason = reason;
  op = std::move(scattered);
}

void StageBuilder::CheckKeyTypes(uint32_t reader, const std::string& types) {
  const auto [known, is_first] = hashed_types_.emplace(reader, types);
  if (!is_first && known->second != types) {
    throw InvalidInputException(
        "its inputs are hashed as different types, so equal keys do not meet: %s and %s; cast one", known->second,
        types);
  }
}

OperatorPtr StageBuilder::MakeExchange(Built producer, duckdb::LogicalGet& get, uint32_t reader) {
  const auto columns = producer.plan->GetColumnBindings();
  auto keys = producer.spec.keys;
  if (producer.spec.output == ExchangeKind::kRange) keys = {kPartitionColumn};
  auto exchange = duckdb::make_uniq<LogicalExchange>(producer.spec.output, std::move(producer.plan));
  std::string key_types;
  for (const auto& key : keys) {
    const auto at = std::find_if(producer.names.begin(), producer.names.end(),
                                 [&](const std::string& name) { return duckdb::StringUtil::CIEquals(name, key); });
    if (at == producer.names.end()) {
      throw InvalidInputException("stage %u has no column '%s' to partition by", producer.spec.id, key);
    }
    const auto column = static_cast<idx_t>(at - producer.names.begin());
    key_types += (key_types.empty() ? "" : ", ") + producer.types[column].ToString();
    exchange->expressions.push_back(
        duckdb::make_uniq<duckdb::BoundColumnRefExpression>(*at, producer.types[column], columns[column]));
  }
  if (producer.spec.output == ExchangeKind::kHash) CheckKeyTypes(reader, key_types);
  exchange->producer_tasks = producer.spec.tasks;
  return SelectColumnsOf(std::move(exchange), get);
}

OperatorPtr SelectColumnsOf(OperatorPtr op, duckdb::LogicalGet& get) {
  get.ResolveOperatorTypes();
  op->ResolveOperatorTypes();
  const auto all = op->GetColumnBindings();
  duckdb::vector<ExpressionPtr> wanted;
  for (const auto& id : get.GetColumnIds()) {
    if (id.IsVirtualColumn()) {  // stands for "any column" where rows are only counted
      wanted.push_back(duckdb::make_uniq<duckdb::BoundConstantExpression>(duckdb::Value(get.types[wanted.size()])));
      continue;
    }
    const auto column = id.GetPrimaryIndex();
    wanted.push_back(duckdb::make_uniq<duckdb::BoundColumnRefExpression>(op->types[column], all[column]));
  }
  auto projection = duckdb::make_uniq<duckdb::LogicalProjection>(get.table_index, std::move(wanted));
  projection->SetEstimatedCardinality(op->estimated_cardinality);
  projection->children.push_back(std::move(op));
  projection->ResolveOperatorTypes();
  return projection;
}

OperatorPtr StageBuilder::Finish(duckdb::vector<duckdb::LogicalType>& types, duckdb::vector<std::string>& names) {
  auto& root = built_.at(last_);
  types = root.types;
  names = root.names;
  return std::move(root.plan);
}

void RegisterStageInputs(duckdb::DatabaseInstance& database) {
  duckdb::ExtensionLoader loader(database, "skein");
  duckdb::TableFunction function(kStageInputFunction, {duckdb::LogicalType::BIGINT}, RunInput, BindInput);
  function.cardinality = EstimateInput;
  loader.RegisterFunction(function);
}

bool IsBuildingStages(duckdb::ClientContext& context) {
  return context.registered_state->Get<StageInputs>(StageInputs::kName) != nullptr;
}

}  // namespace skein::core
