#include "engine/engine.h"

#include <chrono>

#include "base/error.h"
#include "duckdb.hpp"
#include "duckdb/main/pending_query_result.hpp"
#include "duckdb/main/valid_checker.hpp"
#include "duckdb/parser/statement/logical_plan_statement.hpp"
#include "engine/error_bridge.h"
#include "engine/fragment_codec.h"
#include "engine/fragment_profile.h"
#include "engine/fragment_rows.h"
#include "engine/line_range.h"
#include "engine/logical_operators.h"
#include "engine/outer_range_joins.h"
#include "engine/scalar_functions.h"
#include "engine/task_state.h"

namespace skein::core {
namespace {

/// Opens an instance that knows what fragments are made of.
std::unique_ptr<duckdb::DuckDB> OpenDatabase(duckdb::DBConfig& config) {
  auto database = std::make_unique<duckdb::DuckDB>(nullptr, &config);
  RegisterOperators(*database->instance);
  RegisterScalarFunctions(*database->instance);
  database->instance->GetFileSystem().RegisterSubSystem(MakeLineRangeFileSystem());
  return database;
}

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
  DuckDbFragmentRun(std::shared_ptr<duckdb::DuckDB> database, std::string fragment, TaskContext context)
      : database_(std::move(database)),
        connection_(*database_),
        fragment_(std::move(fragment)),
        task_(duckdb::make_shared_ptr<TaskState>(std::move(context))) {
    connection_.context->registered_state->Insert(TaskState::kName, task_);
    // Rows that an operator keeps back to fill a chunk would fail while a later split is read.
    if (task_->context.is_in_plain_order) connection_.context->config.enable_caching_operators = false;
  }

  arrow::Result<TaskResult> Run() override {
    const auto start = std::chrono::steady_clock::now();
    const auto status = CatchDuckDb([&] { return Execute(); });
    if (!status.ok()) {
      // What came through an exchange or the feed is known better than DuckDB could carry it.
      const auto failure = task_->failure();
      return is_cancelled_ || failure.ok() ? OfWorker(status) : failure;
    }
    TaskResult result = std::move(profile_);
    {
      MutexLock lock(task_->results_mutex);
      result.units = std::move(task_->units);
    }
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

  RunProgress progress() const override { return task_->progress.Get(); }

  RunFigures figures() const override { return {task_->rows_in, task_->rows_out, task_->progress.ended_splits()}; }

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
    AvoidOuterIeJoins(*plan);
    if (task_->context.is_profiled) StartProfile(*connection_.context);
    auto pending = connection_.PendingQuery(duckdb::make_uniq<duckdb::LogicalPlanStatement>(std::move(plan)), false);
    if (pending->HasError()) return FromDuckDb(pending->GetErrorObject());
    while (true) {
      if (is_cancelled_) return CancelledError("task cancelled");
      const auto state = Advance(*pending);
      if (duckdb::PendingQueryResult::IsResultReady(state)) break;
      if (state != duckdb::PendingExecutionResult::RESULT_NOT_READY || !task_->context.is_in_plain_order) {
        task_->WaitForNews();
      }
    }
    if (pending->HasError()) return FromDuckDb(pending->GetErrorObject());
    auto result = pending->Execute();
    if (result->HasError()) return FromDuckDb(result->GetErrorObject());
    if (task_->context.is_profiled) {
      profile_.rows_out = task_->rows_out;
      ReadProfile(*connection_.context, profile_);
    }
    return arrow::Status::OK();
  }

  /// In plain order the instance has no thread but this one.
  duckdb::PendingExecutionResult Advance(duckdb::PendingQueryResult& pending) const {
    return task_->context.is_in_plain_order ? pending.ExecuteTask() : pending.CheckPulse();
  }

  std::shared_ptr<duckdb::DuckDB> database_;
  duckdb::Connection connection_;
  std::string fragment_;
  duckdb::shared_ptr<TaskState> task_;
  std::atomic<bool> is_cancelled_{false};
  TaskResult profile_;  // of a profiled task; the driver's thread
};

class DuckDbEngine : public Engine {
 public:
  explicit DuckDbEngine(EngineOptions options) : options_(std::move(options)) {
    // Drivers only wait: all work is done by DuckDB's own threads.
    auto config = ConfigOf(options_.threads, 0, options_.memory_bytes, options_.temp_dir);
    database_ = OpenDatabase(*config);
  }

  arrow::Result<std::unique_ptr<FragmentRun>> Prepare(std::string fragment, TaskContext context) override {
    std::unique_ptr<FragmentRun> run;
    ARROW_RETURN_NOT_OK(CatchDuckDb([&] {
      auto database = context.is_in_plain_order ? OpenPlain() : database_;
      run = std::make_unique<DuckDbFragmentRun>(std::move(database), std::move(fragment), std::move(context));
      return arrow::Status::OK();
    }));
    return run;
  }

  arrow::Result<arrow::RecordBatchVector> ToArrow(const std::string& fragment,
                                                  const std::vector<Block>& blocks) override {
    arrow::RecordBatchVector batches;
    ARROW_RETURN_NOT_OK(CatchDuckDb([&] {
      duckdb::Connection connection(*database_);
      connection.BeginTransaction();  // ends with the connection
      return RowsOfFragment(connection, fragment, blocks).Value(&batches);
    }));
    return batches;
  }

  arrow::Status health() const override {
    auto& checker = duckdb::ValidChecker::Get(*database_->instance);
    if (!checker.IsInvalidated()) return arrow::Status::OK();
    const auto why = checker.InvalidatedMessage();  // with a stack trace
    return InternalError("DuckDB has given itself up: " + why.substr(0, why.find('\n')));
  }

 private:
  static std::unique_ptr<duckdb::DBConfig> ConfigOf(int threads, int drivers, uint64_t memory_bytes,
                                                    const std::string& temp_dir) {
    auto config = std::make_unique<duckdb::DBConfig>();
    config->SetOptionByName("threads", duckdb::Value::BIGINT(threads));
    config->SetOptionByName("external_threads", duckdb::Value::BIGINT(drivers));
    config->SetOptionByName("memory_limit", duckdb::Value(std::to_string(memory_bytes) + "B"));
    config->SetOptionByName("temp_directory", duckdb::Value(temp_dir));
    config->SetOptionByName("scheduler_process_partial", duckdb::Value::BOOLEAN(drivers == 0));
    config->SetOptionByName("autoinstall_known_extensions", duckdb::Value::BOOLEAN(false));
    return config;
  }

  /// Opens an instance for one run, whose driver is its only thread: DuckDB's threads belong to instances.
  std::shared_ptr<duckdb::DuckDB> OpenPlain() const {
    auto config = ConfigOf(1, 1, options_.memory_bytes / 4, options_.temp_dir + "/plain-" + RandomHex(8));
    return OpenDatabase(*config);
  }

  const EngineOptions options_;
  std::shared_ptr<duckdb::DuckDB> database_;
};

}  // namespace

arrow::Result<std::unique_ptr<Engine>> Engine::Open(EngineOptions options) {
  std::unique_ptr<Engine> engine;
  ARROW_RETURN_NOT_OK(CatchDuckDb([&] {
    engine = std::make_unique<DuckDbEngine>(std::move(options));
    return arrow::Status::OK();
  }));
  return engine;
}

std::string DuckDbBuildId() { return std::string(duckdb::DuckDB::LibraryVersion()) + "-" + duckdb::DuckDB::SourceID(); }

std::string SkeinBuildId() { return SKEIN_BUILD_ID; }

}  // namespace skein::core
