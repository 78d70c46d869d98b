#include "extension/system_tables.h"

#include <functional>

#include "duckdb/function/table_function.hpp"
#include "duckdb/main/extension/extension_loader.hpp"
#include "extension/instance_state.h"

namespace skein::core {
namespace {

using duckdb::LogicalType;
using duckdb::Value;
using Row = duckdb::vector<Value>;

struct Column {
  const char* name;
  LogicalType type;
};

// One system table: its columns and how its rows are taken from a running cluster.
struct SystemTable : public duckdb::TableFunctionInfo {
  std::vector<Column> columns;
  std::function<std::vector<Row>(const Cluster&)> snapshot;
};

struct SnapshotState : public duckdb::GlobalTableFunctionState {
  std::vector<Row> rows;
  size_t next = 0;
};

struct TableBindData : public duckdb::TableFunctionData {
  explicit TableBindData(SystemTable& table) : table(table) {}
  SystemTable& table;
};

duckdb::unique_ptr<duckdb::FunctionData> Bind(duckdb::ClientContext&, duckdb::TableFunctionBindInput& input,
                                              duckdb::vector<LogicalType>& types, duckdb::vector<std::string>& names) {
  auto& table = input.info->Cast<SystemTable>();
  for (const auto& column : table.columns) {
    names.push_back(column.name);
    types.push_back(column.type);
  }
  return duckdb::make_uniq<TableBindData>(table);
}

duckdb::unique_ptr<duckdb::GlobalTableFunctionState> Init(duckdb::ClientContext& context,
                                                          duckdb::TableFunctionInitInput& input) {
  auto state = duckdb::make_uniq<SnapshotState>();
  const auto cluster = InstanceState::Get(context).cluster();
  if (cluster) state->rows = input.bind_data->Cast<TableBindData>().table.snapshot(*cluster);
  return state;
}

void Scan(duckdb::ClientContext&, duckdb::TableFunctionInput& input, duckdb::DataChunk& output) {
  auto& state = input.global_state->Cast<SnapshotState>();
  duckdb::idx_t count = 0;
  for (; state.next < state.rows.size() && count < STANDARD_VECTOR_SIZE; state.next++, count++) {
    const auto& row = state.rows[state.next];
    for (duckdb::idx_t column = 0; column < row.size(); column++) output.SetValue(column, count, row[column]);
  }
  output.SetCardinality(count);
}

Value TimeOf(const std::optional<std::chrono::system_clock::time_point>& time) {
  if (!time) return Value(LogicalType::TIMESTAMP);
  const auto since_epoch = std::chrono::duration_cast<std::chrono::microseconds>(time->time_since_epoch());
  return Value::TIMESTAMP(duckdb::timestamp_t(since_epoch.count()));
}

Value AmountsOf(const std::vector<uint64_t>& amounts) {
  duckdb::vector<Value> values;
  for (const auto amount : amounts) values.push_back(Value::UBIGINT(amount));
  return Value::LIST(LogicalType::UBIGINT, std::move(values));
}

Value TextOrNull(const std::string& text) { return text.empty() ? Value(LogicalType::VARCHAR) : Value(text); }

std::vector<Row> WorkerRows(const Cluster& cluster) {
  std::vector<Row> rows;
  for (const auto& worker : cluster.Workers()) {
    rows.push_back({Value::UINTEGER(worker.worker), Value(worker.address), Value::UBIGINT(worker.pid),
                    Value(worker.state), Value::UINTEGER(worker.threads), Value::UBIGINT(worker.memory_bytes),
                    Value::UINTEGER(worker.running_tasks), Value::UBIGINT(worker.retained_bytes),
                    TimeOf(worker.last_heartbeat)});
  }
  return rows;
}

std::vector<Row> QueryRows(const Cluster& cluster) {
  std::vector<Row> rows;
  for (const auto& query : cluster.Queries()) {
    rows.push_back({Value(query.query.ToString()), Value(query.sql), Value(query.state), TextOrNull(query.error),
                    Value::UINTEGER(query.stages), Value::UINTEGER(query.tasks), Value::UBIGINT(query.shuffle_bytes),
                    Value::UBIGINT(query.wall_us)});
  }
  return rows;
}

std::vector<Row> TaskRows(const Cluster& cluster) {
  std::vector<Row> rows;
  for (const auto& task : cluster.Tasks()) {
    rows.push_back({Value(task.query.ToString()), Value::UINTEGER(task.stage), Value::UINTEGER(task.task),
                    Value::UINTEGER(task.attempt), Value::UINTEGER(task.worker), Value(task.state),
                    Value::UBIGINT(task.rows_in), Value::UBIGINT(task.rows_out), Value::UBIGINT(task.bytes_in),
                    Value::UBIGINT(task.bytes_out), Value::UBIGINT(task.splits), Value::UBIGINT(task.wall_us),
                    Value::UBIGINT(task.cpu_us), AmountsOf(task.rows_per_partition), Value::UBIGINT(task.spill_bytes)});
  }
  return rows;
}

std::vector<Row> StageRows(const Cluster& cluster) {
  std::vector<Row> rows;
  for (const auto& stage : cluster.Stages()) {
    rows.push_back({Value(stage.query.ToString()), Value::UINTEGER(stage.stage), Value(stage.state),
                    Value::UINTEGER(stage.tasks), Value(stage.operators), Value(ToString(stage.exchange)),
                    TextOrNull(stage.keys), Value(ToString(stage.replay_class)), Value::BOOLEAN(stage.is_barrier),
                    TextOrNull(stage.single_reason), Value::UBIGINT(stage.rows_in), Value::UBIGINT(stage.rows_out),
                    Value::UBIGINT(stage.bytes_in), Value::UBIGINT(stage.bytes_out), Value::UBIGINT(stage.spill_bytes),
                    stage.skew ? Value::DOUBLE(*stage.skew) : Value(LogicalType::DOUBLE), Value::UBIGINT(stage.wall_us),
                    Value::UBIGINT(stage.cpu_us)});
  }
  return rows;
}

std::vector<Row> StatusRows(const Cluster& cluster) {
  const auto status = cluster.Status();
  return {{Value::UINTEGER(status.active_workers), Value::UINTEGER(status.total_workers),
           Value::UINTEGER(status.threads), Value::UINTEGER(status.task_slots), Value::UINTEGER(status.running_tasks),
           Value::DOUBLE(status.utilisation), Value::UINTEGER(status.running_queries)}};
}

void Register(duckdb::ExtensionLoader& loader, const char* name, std::vector<Column> columns,
              std::function<std::vector<Row>(const Cluster&)> snapshot) {
  auto table = duckdb::make_shared_ptr<SystemTable>();
  table->columns = std::move(columns);
  table->snapshot = std::move(snapshot);
  duckdb::TableFunction function(name, {}, Scan, Bind, Init);
  function.function_info = std::move(table);
  loader.RegisterFunction(std::move(function));
}

}  // namespace

void RegisterSystemTables(duckdb::DatabaseInstance& database) {
  duckdb::ExtensionLoader loader(database, "skein");
  const auto text = LogicalType::VARCHAR;
  const auto number = LogicalType::UINTEGER;
  const auto amount = LogicalType::UBIGINT;
  Register(loader, "skein_workers",
           {{"worker", number},
            {"address", text},
            {"pid", amount},
            {"state", text},
            {"threads", number},
            {"memory_bytes", amount},
            {"tasks", number},
            {"retained_bytes", amount},
            {"last_heartbeat", LogicalType::TIMESTAMP}},
           WorkerRows);
  Register(loader, "skein_queries",
           {{"query", text},
            {"sql", text},
            {"state", text},
            {"error", text},
            {"stages", number},
            {"tasks", number},
            {"shuffle_bytes", amount},
            {"wall_us", amount}},
           QueryRows);
  Register(loader, "skein_tasks",
           {{"query", text},
            {"stage", number},
            {"task", number},
            {"attempt", number},
            {"worker", number},
            {"state", text},
            {"rows_in", amount},
            {"rows_out", amount},
            {"bytes_in", amount},
            {"bytes_out", amount},
            {"splits", amount},
            {"wall_us", amount},
            {"cpu_us", amount},
            {"rows_per_partition", LogicalType::LIST(amount)},
            {"spill_bytes", amount}},
           TaskRows);
  Register(loader, "skein_stages",
           {{"query", text},
            {"stage", number},
            {"state", text},
            {"tasks", number},
            {"operators", text},
            {"exchange", text},
            {"keys", text},
            {"replay_class", text},
            {"is_barrier", LogicalType::BOOLEAN},
            {"single_reason", text},
            {"rows_in", amount},
            {"rows_out", amount},
            {"bytes_in", amount},
            {"bytes_out", amount},
            {"spill_bytes", amount},
            {"skew", LogicalType::DOUBLE},
            {"wall_us", amount},
            {"cpu_us", amount}},
           StageRows);
  Register(loader, "skein_cluster_status",
           {{"active_workers", number},
            {"total_workers", number},
            {"threads", number},
            {"task_slots", number},
            {"running_tasks", number},
            {"utilisation", LogicalType::DOUBLE},
            {"running_queries", number}},
           StatusRows);
}

}  // namespace skein::core
