// Runs SQL on the workers of a coordinator: plans it with DuckDB's optimizer, cuts the plan into stages, executes them,
// and returns whole answers as Arrow tables. Holds a DuckDB of its own, whose tables and views statements see. Shared;
// any thread.
//
//   ARROW_ASSIGN_OR_RAISE(auto executor, skein::DistributedExecutor::Make(coordinator));
//   ARROW_ASSIGN_OR_RAISE(auto rows, executor->Execute("SELECT count(*) FROM 'orders/*.parquet'"));
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <arrow/result.h>
#include <arrow/table.h>

#include "skein/coordinator.h"
#include "skein/distributed_plan.h"
#include "skein/executor_config.h"
#include "skein/export.h"
#include "skein/messages.h"
#include "skein/query_stage.h"
#include "skein/query_status.h"

namespace skein {

class SKEIN_EXPORT DistributedExecutor {
 public:
  /// Opens an executor; no worker is called before its first query. Errors (Invalid): no coordinator, a setting out of
  /// its range, more default_partitions than the workers that there are have task slots; a database that DuckDB cannot
  /// open.
  static arrow::Result<std::shared_ptr<DistributedExecutor>> Make(std::shared_ptr<Coordinator> coordinator,
                                                                  ExecutorConfig config = {});
  /// Cancels the queries that run and waits for their end.
  virtual ~DistributedExecutor() = default;

  /// Plans one statement for the workers that there are now, and runs nothing. Errors: DuckDB's own, of the statement;
  /// no worker is there; more tasks than their task slots (Invalid).
  virtual arrow::Result<DistributedPlan> Plan(const std::string& sql) = 0;
  /// Plans stages that were cut by hand; the one that no other depends on feeds the client. Errors name the stage: its
  /// SQL, a dependency that is not there or not read, partitions that do not fit.
  virtual arrow::Result<DistributedPlan> Plan(const std::vector<QueryStage>& stages) = 0;
  /// Makes the tasks of a stage of the plan's first part, for Worker::ExecuteTask: its splits given out in turn, with
  /// the files as they are now, and a query id of their own. Whoever runs them fills in the producers of what they
  /// read. Errors: a plan of another executor; rows of this process belong to it; no such stage (Invalid).
  virtual arrow::Result<std::vector<ExecuteTask>> MakeTasks(const DistributedPlan& plan, uint32_t stage) = 0;

  /// Plans and runs one statement; waits for all of its rows. What scans files runs on the workers; tables in memory
  /// are pushed to them; DDL and writes happen in the executor's DuckDB. Each statement has a connection of its own, so
  /// transactions, temporary tables and SET (but SET GLOBAL) end with it. Errors: DuckDB's own; a lost worker, named,
  /// after the last attempt; Cancelled; too many queries in line.
  virtual arrow::Result<std::shared_ptr<arrow::Table>> Execute(const std::string& sql) = 0;
  /// Runs a plan of this executor, with the files as they are now. Errors besides: a plan of another executor
  /// (Invalid).
  virtual arrow::Result<std::shared_ptr<arrow::Table>> Execute(const DistributedPlan& plan) = 0;

  /// Begins to run one statement, or puts it in line, and returns at once. Its outcome waits for Wait; those of the
  /// last 100 queries that are over are kept. Errors: too many queries in line.
  virtual arrow::Result<QueryId> Submit(const std::string& sql) = 0;
  virtual arrow::Result<QueryId> Submit(const DistributedPlan& plan) = 0;
  /// Waits for a query that was submitted and takes its rows: once. Errors: those of Execute; an unknown query
  /// (KeyError).
  virtual arrow::Result<std::shared_ptr<arrow::Table>> Wait(QueryId query) = 0;

  /// Counts the queries that run; those in line do not.
  virtual size_t ActiveQueryCount() const = 0;
  /// Ends a query, also one in line, and does not wait for that. One that is over stays as it is. Errors: KeyError.
  virtual arrow::Status CancelQuery(QueryId query) = 0;
  /// Errors (KeyError): no such query, or it is over since long.
  virtual arrow::Result<QueryStatus> GetQueryStatus(QueryId query) const = 0;
};

}  // namespace skein
