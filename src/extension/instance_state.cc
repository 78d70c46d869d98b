#include "extension/instance_state.h"

#include <algorithm>
#include <cstdlib>

#include "base/error.h"
#include "engine/known_functions.h"

namespace skein::core {

InstanceState& InstanceState::Get(duckdb::ClientContext& context) {
  for (auto& extension : duckdb::OptimizerExtension::Iterate(context)) {
    auto* state = dynamic_cast<InstanceState*>(extension.optimizer_info.get());
    if (state != nullptr) return *state;
  }
  throw duckdb::InvalidInputException("skein is not loaded into this database");
}

arrow::Status InstanceState::SetCluster(const std::string& text) {
  std::optional<ClusterSpec> spec;
  if (!text.empty()) {
    ARROW_ASSIGN_OR_RAISE(spec, ClusterSpec::Parse(text));
  }
  std::shared_ptr<Cluster> old;  // ends outside of the lock
  std::lock_guard start_lock(start_mutex_);
  {
    std::lock_guard lock(mutex_);
    spec_ = std::move(spec);
    old = std::move(cluster_);
    cluster_.reset();
  }
  return arrow::Status::OK();
}

void InstanceState::SetWorkerBinary(std::string path) {
  std::lock_guard lock(mutex_);
  worker_binary_ = std::move(path);
}

void InstanceState::SetSecret(std::string secret) {
  std::lock_guard lock(mutex_);
  secret_ = std::move(secret);
}

void InstanceState::SetTempDir(std::string path) {
  std::lock_guard lock(mutex_);
  temp_dir_ = std::move(path);
}

void InstanceState::UseCluster(std::shared_ptr<Cluster> cluster) {
  std::lock_guard lock(mutex_);
  spec_.reset();
  cluster_ = std::move(cluster);
}

void InstanceState::SetTaskEstimator(std::shared_ptr<skein::TaskEstimator> estimator) {
  std::lock_guard lock(mutex_);
  estimator_ = std::move(estimator);
}

std::shared_ptr<skein::TaskEstimator> InstanceState::task_estimator() const {
  std::lock_guard lock(mutex_);
  return estimator_;
}

const std::set<std::string>& InstanceState::WorkerFunctions() {
  std::call_once(functions_asked_, [this] { worker_functions_ = FunctionsOfDuckDb(); });
  return worker_functions_;
}

uint32_t InstanceState::worker_count() const {
  std::lock_guard lock(mutex_);
  if (spec_) return spec_->worker_count();
  return cluster_ ? std::max<uint32_t>(1, static_cast<uint32_t>(cluster_->Workers().size())) : 0;
}

std::shared_ptr<Cluster> InstanceState::cluster() const {
  std::lock_guard lock(mutex_);
  return cluster_;
}

arrow::Result<std::shared_ptr<Cluster>> InstanceState::StartedCluster() {
  std::lock_guard start_lock(start_mutex_);
  ClusterOptions options;
  {
    std::lock_guard lock(mutex_);
    if (cluster_) return cluster_;
    if (!spec_) return UserError("skein_cluster is not set: SET skein_cluster = 'local:4'", "Invalid Input");
    options.spec = *spec_;
    options.worker_binary = worker_binary_;
    options.secret = secret_;
    options.temp_dir = temp_dir_;
  }
  if (options.secret.empty()) {
    const char* secret = std::getenv("SKEIN_SECRET");
    if (secret != nullptr) options.secret = secret;
  }
  ARROW_ASSIGN_OR_RAISE(auto cluster, Cluster::Start(std::move(options)));
  std::lock_guard lock(mutex_);
  cluster_ = cluster;
  return cluster;
}

}  // namespace skein::core
