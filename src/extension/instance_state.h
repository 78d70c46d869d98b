// What Skein keeps for one DuckDB instance: never a global. It is created when the extension is loaded; the cluster is
// started by the first distributed query and ends with the instance, or when skein_cluster is set anew. Any thread.
#pragma once

#include <memory>
#include <optional>
#include <set>
#include <string>

#include <arrow/result.h>

#include "base/mutex.h"
#include "coordinator/cluster.h"
#include "duckdb.hpp"
#include "duckdb/optimizer/optimizer_extension.hpp"
#include "engine/known_functions.h"
#include "skein/task_estimator.h"

namespace skein::core {

class InstanceState : public duckdb::OptimizerExtensionInfo {
 public:
  /// Finds the state of the context's instance. Throws InvalidInputException where Skein is not loaded.
  static InstanceState& Get(duckdb::ClientContext& context);

  /// Takes a new cluster text ("" for none); the old cluster ends once its queries have. Errors: the text is wrong.
  arrow::Status SetCluster(const std::string& text);
  void SetWorkerBinary(std::string path);
  /// Errors: no header can carry it. An empty one is none.
  arrow::Status SetSecret(std::string secret);
  void SetTempDir(std::string path);
  /// Takes a cluster that is there already, in place of one by text; it lives on after the instance if others hold it.
  void UseCluster(std::shared_ptr<Cluster> cluster);
  /// Sets the estimator, or null. REQUIRES: no query is planned yet.
  void SetTaskEstimator(std::shared_ptr<skein::TaskEstimator> estimator);
  skein::TaskEstimator* task_estimator() const;
  /// Sets how many tasks a distributed stage has; 0: one a worker.
  void SetTaskCount(uint32_t count);
  uint32_t task_count() const;

  /// The functions that workers have: DuckDB's own. Asked for once. Throws DuckDB's exceptions.
  const KnownFunctions& WorkerFunctions();

  /// Number of workers that the setting names, or that a given cluster has (1 where it has none now); 0: none is set.
  uint32_t worker_count() const;
  /// Says whether the workers are processes that this one starts, with the same files.
  bool has_local_workers() const;
  /// The running cluster, or null.
  std::shared_ptr<Cluster> cluster() const;
  /// Starts the cluster if it does not run yet. Errors name the worker.
  arrow::Result<std::shared_ptr<Cluster>> StartedCluster();

 private:
  mutable Mutex mutex_;
  Mutex start_mutex_;  // held while a cluster starts; never together with mutex_ for long
  std::optional<ClusterSpec> spec_;
  std::string worker_binary_;
  std::string secret_;
  std::string temp_dir_;
  std::shared_ptr<Cluster> cluster_;
  std::shared_ptr<skein::TaskEstimator> estimator_;
  uint32_t task_count_ = 0;
  std::once_flag functions_asked_;
  KnownFunctions worker_functions_;
};

}  // namespace skein::core
