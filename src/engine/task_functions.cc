#include "engine/task_functions.h"

#include "duckdb/execution/expression_executor_state.hpp"
#include "duckdb/function/scalar_function.hpp"
#include "duckdb/main/extension/extension_loader.hpp"
#include "engine/task_state.h"

namespace skein::core {
namespace {

using duckdb::Value;

duckdb::shared_ptr<TaskState> TaskOf(duckdb::ExpressionState& state) {
  return state.GetContext().registered_state->Get<TaskState>(TaskState::kName);
}

void TaskIndex(duckdb::DataChunk&, duckdb::ExpressionState& state, duckdb::Vector& result) {
  const auto task = TaskOf(state);
  result.Reference(Value::BIGINT(task ? task->context.key.task : 0));
}

void TaskCount(duckdb::DataChunk&, duckdb::ExpressionState& state, duckdb::Vector& result) {
  const auto task = TaskOf(state);
  result.Reference(Value::BIGINT(task ? task->context.task_count : 1));
}

duckdb::ScalarFunction MakeFunction(const char* name, duckdb::scalar_function_t body) {
  duckdb::ScalarFunction function(name, {}, duckdb::LogicalType::BIGINT, std::move(body));
  // Nothing else keeps DuckDB from computing it once, while it plans.
  function.SetVolatile();
  return function;
}

}  // namespace

void RegisterTaskFunctions(duckdb::DatabaseInstance& database) {
  duckdb::ExtensionLoader loader(database, "skein");
  loader.RegisterFunction(MakeFunction(kTaskIndexFunction, TaskIndex));
  loader.RegisterFunction(MakeFunction(kTaskCountFunction, TaskCount));
}

}  // namespace skein::core
