#include "engine/engine.h"

#include <chrono>

#include "base/error.h"
#include "duckdb.hpp"
#include "duckdb/main/pending_query_result.hpp"
#include "duckdb/parser/statement/logical_plan_statement.hpp"
#include "engine/error_bridge.h"
#include "engine/fragment_codec.h"
#include "engine/logical_operators.h"
#include "engine/scalar_functions.h"
#include "engine/task_state.h"

namespace skein {
namespace {

// DuckDB's advice is for the settings of the process it runs in, which the user cannot reach.
arrow::Status OfWorker(const arrow::Status& status) {
  const auto* detail = DetailOf(status);
  if (detail == nullptr || detail->duckdb_type() != "Out of Memory") return status;
  const auto first_line = status.message().substr(0, status.message().find('\n'));
  return UserError(first_line +
                       " in a worker; give the workers more memory (skein_cluster = 'local:N?memory=8GB', or skein "
                       "worker --memory 8GB) or fewer threads",
                   detail->duckdb_type());
}

class DuckDbFragmentRun : public FragmentRun {
 public:
  DuckDbFragmentRun(duckdb::DuckDB& database, std::string fragment, TaskContext context)
      : connection_(database),
        fragment_(std::move(fragment)),
        task_(duckdb::make_shared_ptr<TaskState>(std::move(context))) {
    connection_.context->registered_state->Insert(TaskState::kName, task_);
  }

  arrow::Result<TaskResult> Run() override {
    const auto start = std::chrono::steady_clock::now();
    const auto status = CatchDuckDb([&] { return Execute(); });
    if (!status.ok()) {
      // What came through an exchange or the feed is known better than DuckDB could carry it.
      const auto failure = task_->failure();
      return is_cancelled_ || failure.ok() ? OfWorker(status) : failure;
    }
    TaskResult result;
    result.units = std::move(task_->units);
    result.rows_in = task_->rows_in;
    result.rows_out = task_->rows_out;
    result.cpu_us = task_->cpu_ns / 1000;
    result.wall_us = static_cast<uint64_t>(
        std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - start).count());
    return result;
  }

  void Cancel() override {
    is_cancelled_ = true;
    connection_.Interrupt();
    task_->Notify();
  }

 private:
  arrow::Status Execute() {
    connection_.BeginTransaction();
    auto status = ExecuteInTransaction();
    // Nothing was written: a rollback only ends the transaction.
    if (connection_.HasActiveTransaction()) connection_.Rollback();
    return status;
  }

  arrow::Status ExecuteInTransaction() {
    auto plan = DecodeFragment(connection_, fragment_);
    fragment_.clear();
    auto pending = connection_.PendingQuery(duckdb::make_uniq<duckdb::LogicalPlanStatement>(std::move(plan)), false);
    if (pending->HasError()) return FromDuckDb(pending->GetErrorObject());
    while (true) {
      if (is_cancelled_) return CancelledError("task cancelled");
      const auto state = pending->CheckPulse();
      if (duckdb::PendingQueryResult::IsResultReady(state)) break;
      task_->WaitForNews();
    }
    if (pending->HasError()) return FromDuckDb(pending->GetErrorObject());
    auto result = pending->Execute();
    if (result->HasError()) return FromDuckDb(result->GetErrorObject());
    return arrow::Status::OK();
  }

  duckdb::Connection connection_;
  std::string fragment_;
  duckdb::shared_ptr<TaskState> task_;
  std::atomic<bool> is_cancelled_{false};
};

class DuckDbEngine : public Engine {
 public:
  explicit DuckDbEngine(duckdb::DBConfig& config) : database_(nullptr, &config) {
    RegisterOperators(*database_.instance);
    RegisterScalarFunctions(*database_.instance);
    // A footer is read once and kept as long as its file is unchanged, not once a task.
    duckdb::Connection connection(database_);
    auto result = connection.Query("SET GLOBAL parquet_metadata_cache = true");
    if (result->HasError()) result->ThrowError();
  }

  arrow::Result<std::unique_ptr<FragmentRun>> Prepare(std::string fragment, TaskContext context) override {
    std::unique_ptr<FragmentRun> run;
    ARROW_RETURN_NOT_OK(CatchDuckDb([&] {
      run = std::make_unique<DuckDbFragmentRun>(database_, std::move(fragment), std::move(context));
      return arrow::Status::OK();
    }));
    return run;
  }

 private:
  duckdb::DuckDB database_;
};

}  // namespace

arrow::Result<std::unique_ptr<Engine>> Engine::Open(EngineOptions options) {
  std::unique_ptr<Engine> engine;
  ARROW_RETURN_NOT_OK(CatchDuckDb([&] {
    duckdb::DBConfig config;
    // Drivers only wait: all work is done by DuckDB's own threads.
    config.SetOptionByName("threads", duckdb::Value::BIGINT(options.threads));
    config.SetOptionByName("external_threads", duckdb::Value::BIGINT(0));
    config.SetOptionByName("memory_limit", duckdb::Value(std::to_string(options.memory_bytes) + "B"));
    config.SetOptionByName("temp_directory", duckdb::Value(options.temp_dir));
    config.SetOptionByName("scheduler_process_partial", duckdb::Value::BOOLEAN(true));
    config.SetOptionByName("autoinstall_known_extensions", duckdb::Value::BOOLEAN(false));
    engine = std::make_unique<DuckDbEngine>(config);
    return arrow::Status::OK();
  }));
  return engine;
}

std::string DuckDbBuildId() { return std::string(duckdb::DuckDB::LibraryVersion()) + "-" + duckdb::DuckDB::SourceID(); }

std::string SkeinBuildId() { return SKEIN_BUILD_ID; }

}  // namespace skein
