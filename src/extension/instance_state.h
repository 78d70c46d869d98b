// What Skein keeps for one DuckDB instance: never a global. It is created when the extension is loaded; the cluster is
// started by the first distributed query and ends with the instance, or when skein_cluster is set anew. Any thread.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>

#include <arrow/result.h>

#include "coordinator/cluster.h"
#include "duckdb.hpp"
#include "duckdb/optimizer/optimizer_extension.hpp"

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

  /// The names of functions that workers have: DuckDB's own. Asked for once. Throws DuckDB's exceptions.
  const std::set<std::string>& WorkerFunctions();

  /// Number of workers that the setting names; 0: none is set.
  uint32_t worker_count() const;
  /// The running cluster, or null.
  std::shared_ptr<Cluster> cluster() const;
  /// Starts the cluster if it does not run yet. Errors name the worker.
  arrow::Result<std::shared_ptr<Cluster>> StartedCluster();

 private:
  mutable std::mutex mutex_;
  std::mutex start_mutex_;  // held while a cluster starts; never together with mutex_ for long
  std::optional<ClusterSpec> spec_;
  std::string worker_binary_;
  std::string secret_;
  std::string temp_dir_;
  std::shared_ptr<Cluster> cluster_;
  std::once_flag functions_asked_;
  std::set<std::string> worker_functions_;
};

}  // namespace skein::core
