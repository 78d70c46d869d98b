// A DuckDB instance with Skein in it, for programs that know no DuckDB: statements in, Arrow tables out, on a cluster
// that is there already. Any thread; a prepared query belongs to one thread at a time, but for Started.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include <arrow/result.h>
#include <arrow/table.h>

#include "coordinator/cluster.h"
#include "plan/distributed_plan.h"
#include "skein/task_estimator.h"

namespace skein::core {

struct QueryDatabaseOptions {
  std::shared_ptr<Cluster> cluster;
  std::shared_ptr<skein::TaskEstimator> estimator;  // may be null
  std::string database;                             // DuckDB file; empty: in memory
  std::string mode = "distributed";                 // as skein_mode
  uint32_t task_count = 0;                          // of a distributed stage; 0: one a worker
  std::chrono::milliseconds task_timeout{0};        // 0: none
};

/// A statement that DuckDB has planned, with a connection of its own. Keeps its database.
class PreparedQuery {
 public:
  virtual ~PreparedQuery() = default;
  /// What of it runs on the cluster: one plan for each part, none where all of it runs in this process.
  virtual const std::vector<DistributedPlan>& plans() const = 0;
  /// Encodes one of these parts, with the files as they are now. Errors: a file that cannot be read; rows of this
  /// process belong to it (NotImplemented).
  virtual arrow::Result<QueryRequest> Encode(size_t part) = 0;
  /// Says whether it is a query: running it again after a failure changes nothing twice.
  virtual bool is_query() const = 0;
  /// Runs it; returns all rows in batches of at most `batch_rows`, once every ledger has agreed. Errors: the
  /// statement's, with the fault and retryability that they have in Skein.
  /// Cancelled soon after `stop` is requested, from any thread.
  virtual arrow::Result<std::shared_ptr<arrow::Table>> Execute(uint64_t batch_rows, std::stop_token stop) = 0;
  /// Names the queries of the last execution on the cluster. Any thread.
  virtual std::vector<QueryId> Started() const = 0;
};

class QueryDatabase {
 public:
  /// Errors: a database that DuckDB cannot open.
  static arrow::Result<std::shared_ptr<QueryDatabase>> Open(QueryDatabaseOptions options);
  virtual ~QueryDatabase() = default;
  /// Plans one statement. Errors: DuckDB's own (syntax, unknown names); more than one statement.
  virtual arrow::Result<std::unique_ptr<PreparedQuery>> Prepare(const std::string& sql) = 0;
};

}  // namespace skein::core
