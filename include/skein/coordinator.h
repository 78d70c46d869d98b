// The coordinator of a cluster: knows its workers, watches their heartbeats, and opens every connection itself, so it
// may sit behind a firewall. What it coordinates is started by a DistributedExecutor. Shared with its executors; any
// thread.
//
//   ARROW_ASSIGN_OR_RAISE(auto coordinator, skein::Coordinator::Make());
//   ARROW_RETURN_NOT_OK(coordinator->RegisterWorker("worker1:7700").status());
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <arrow/result.h>
#include <arrow/status.h>

#include "skein/cluster_config.h"
#include "skein/cluster_status.h"
#include "skein/export.h"

namespace skein {

class CoordinatorState;

class SKEIN_EXPORT Coordinator {
 public:
  /// Makes a coordinator without workers; it has threads of its own from now on, and ends them with its last reference.
  /// Errors (Invalid): a setting out of its range, named with the range; no secret.
  static arrow::Result<std::shared_ptr<Coordinator>> Make(ClusterConfig config = {});
  ~Coordinator();

  /// Connects to a worker ("host:port" of its control port) and returns its number. Errors name the address: it cannot
  /// be reached, refuses the secret, is of another build, or is there already.
  arrow::Result<WorkerId> RegisterWorker(const std::string& address);
  /// Takes a worker out: new queries leave it alone, those that run end first. Errors: there is no such worker.
  arrow::Status UnregisterWorker(WorkerId worker);
  /// Asks a worker for a heartbeat now and waits for it, at most the heartbeat time-out. Errors: there is no such
  /// worker; it is lost or silent.
  arrow::Result<WorkerStatus> WorkerHeartbeat(WorkerId worker);
  /// Tries once to bring back every worker that is lost, and asks the worker resolver if there is one. Returns what all
  /// workers are then, by number.
  arrow::Result<std::vector<WorkerStatus>> CheckWorkerHealth();
  /// Returns what is known of the workers now, by number. Does not wait.
  std::vector<WorkerStatus> Workers() const;
  /// Sums them up. Does not wait.
  skein::ClusterStatus ClusterStatus() const;

  const ClusterConfig& config() const;

  /// For the library's own classes.
  const std::shared_ptr<CoordinatorState>& state() const { return state_; }

 private:
  explicit Coordinator(std::shared_ptr<CoordinatorState> state);
  std::shared_ptr<CoordinatorState> state_;
};

}  // namespace skein
