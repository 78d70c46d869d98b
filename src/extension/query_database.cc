#include "extension/query_database.h"

#include <utility>

#include <arrow/c/bridge.h>

#include "base/error.h"
#include "duckdb.hpp"
#include "duckdb/common/arrow/arrow_converter.hpp"
#include "duckdb/common/arrow/arrow_type_extension.hpp"
#include "duckdb/common/arrow/arrow_util.hpp"
#include "duckdb/execution/physical_plan_generator.hpp"
#include "duckdb/main/chunk_scan_state/query_result.hpp"
#include "duckdb/main/client_context_state.hpp"
#include "duckdb/main/prepared_statement_data.hpp"
#include "engine/error_bridge.h"
#include "extension/encode_query.h"
#include "extension/instance_state.h"
#include "extension/load.h"
#include "extension/remote_query.h"
#include "extension/started_queries.h"

namespace skein::core {
namespace {

using Remotes = std::vector<const PhysicalRemoteQuery*>;

void CollectRemotes(const duckdb::PhysicalOperator& op, Remotes& remotes) {
  if (const auto* remote = dynamic_cast<const PhysicalRemoteQuery*>(&op)) remotes.push_back(remote);
  for (const auto& child : op.GetChildren()) CollectRemotes(child.get(), remotes);
}

arrow::Result<std::shared_ptr<arrow::Table>> ToTable(duckdb::ClientContext& context,
                                                     duckdb::MaterializedQueryResult& result, uint64_t batch_rows) {
  auto properties = result.client_properties;
  ArrowSchema c_schema;
  duckdb::ArrowConverter::ToArrowSchema(&c_schema, result.types, result.names, properties);
  ARROW_ASSIGN_OR_RAISE(const auto schema, arrow::ImportSchema(&c_schema));
  const auto extensions = duckdb::ArrowTypeExtensionData::GetExtensionTypes(context, result.types);
  duckdb::QueryResultChunkScanState scan(result);
  arrow::RecordBatchVector batches;
  while (true) {
    ArrowArray array;
    if (duckdb::ArrowUtil::FetchChunk(scan, properties, batch_rows, &array, extensions) == 0) break;
    ARROW_ASSIGN_OR_RAISE(auto batch, arrow::ImportRecordBatch(&array, schema));
    batches.push_back(std::move(batch));
  }
  return arrow::Table::FromRecordBatches(schema, std::move(batches));
}

class Prepared : public PreparedQuery {
 public:
  explicit Prepared(std::shared_ptr<duckdb::DuckDB> database)
      : database_(std::move(database)),
        connection_(*database_),
        started_(connection_.context->registered_state->GetOrCreate<StartedQueries>(StartedQueries::kName)) {}

  /// Throws DuckDB's exceptions.
  void Prepare(const std::string& sql) {
    auto statements = connection_.ExtractStatements(sql);
    if (statements.size() != 1) {
      throw duckdb::InvalidInputException("one statement at a time, not %llu", statements.size());
    }
    statement_ = connection_.Prepare(std::move(statements[0]));
    if (statement_->HasError()) statement_->GetErrorObject().Throw();
    for (const auto* remote : FindRemotes()) plans_.push_back(remote->query().plan);
  }

  const std::vector<DistributedPlan>& plans() const override { return plans_; }
  arrow::Result<QueryRequest> Encode(size_t part) override {
    const auto remotes = FindRemotes();
    if (part >= remotes.size()) return arrow::Status::Invalid("the statement has no part ", part, " on the cluster");
    if (!remotes[part]->children.empty()) {
      return arrow::Status::NotImplemented("rows of this process belong to the plan: only Execute can run it");
    }
    QueryRequest request;
    ARROW_RETURN_NOT_OK(CatchDuckDb([&] {
      connection_.context->RunFunctionInTransaction(
          [&] { request = EncodeQuery(*connection_.context, remotes[part]->query()); });
      return arrow::Status::OK();
    }));
    return request;
  }
  bool is_query() const override {
    const auto type = statement_->GetStatementType();
    return type == duckdb::StatementType::SELECT_STATEMENT && statement_->GetStatementProperties().IsReadOnly();
  }

  arrow::Result<std::shared_ptr<arrow::Table>> Execute(uint64_t batch_rows, std::stop_token stop) override {
    started_->Reset(stop);
    const std::stop_callback interrupt(stop, [this] { connection_.Interrupt(); });
    std::shared_ptr<arrow::Table> table;
    ARROW_RETURN_NOT_OK(CatchDuckDb([&]() -> arrow::Status {
      duckdb::vector<duckdb::Value> no_values;
      auto result = statement_->Execute(no_values, /*allow_stream_result=*/false);
      if (result->HasError()) return FromDuckDb(result->GetErrorObject());
      return ToTable(*connection_.context, result->Cast<duckdb::MaterializedQueryResult>(), batch_rows).Value(&table);
    }));
    return table;
  }

  std::vector<QueryId> Started() const override { return started_->queries(); }

 private:
  /// In the physical plan as it is now: DuckDB may plan anew when it executes.
  Remotes FindRemotes() const {
    Remotes remotes;
    const auto& plan = statement_->data->physical_plan;
    if (plan) CollectRemotes(plan->Root(), remotes);
    return remotes;
  }

  const std::shared_ptr<duckdb::DuckDB> database_;
  duckdb::Connection connection_;
  const duckdb::shared_ptr<StartedQueries> started_;
  duckdb::unique_ptr<duckdb::PreparedStatement> statement_;
  std::vector<DistributedPlan> plans_;
};

class Database : public QueryDatabase {
 public:
  explicit Database(const QueryDatabaseOptions& options)
      : database_(std::make_shared<duckdb::DuckDB>(options.database.empty() ? nullptr : options.database.c_str())) {
    LoadInto(*database_->instance);
    duckdb::Connection connection(*database_);
    auto& state = InstanceState::Get(*connection.context);
    state.UseCluster(options.cluster);
    state.SetTaskEstimator(options.estimator);
    state.SetTaskCount(options.task_count);
    Set(connection, "skein_mode", duckdb::Value(options.mode));
    Set(connection, "skein_task_timeout_ms",
        duckdb::Value::UBIGINT(static_cast<uint64_t>(options.task_timeout.count())));
  }

  arrow::Result<std::unique_ptr<PreparedQuery>> Prepare(const std::string& sql) override {
    auto prepared = std::make_unique<Prepared>(database_);
    ARROW_RETURN_NOT_OK(CatchDuckDb([&] {
      prepared->Prepare(sql);
      return arrow::Status::OK();
    }));
    return prepared;
  }

 private:
  static void Set(duckdb::Connection& connection, const std::string& name, const duckdb::Value& value) {
    auto result = connection.Query("SET GLOBAL " + name + " = " + value.ToSQLString());
    if (result->HasError()) result->ThrowError();
  }

  const std::shared_ptr<duckdb::DuckDB> database_;
};

}  // namespace

arrow::Result<std::shared_ptr<QueryDatabase>> QueryDatabase::Open(QueryDatabaseOptions options) {
  std::shared_ptr<QueryDatabase> database;
  ARROW_RETURN_NOT_OK(CatchDuckDb([&] {
    database = std::make_shared<Database>(options);
    return arrow::Status::OK();
  }));
  return database;
}

}  // namespace skein::core
