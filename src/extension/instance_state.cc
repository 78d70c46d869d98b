#include "extension/instance_state.h"
#include "base/mutex.h"

#include <algorithm>
#include <cstdlib>

#include "base/error.h"
#include "base/secret_rule.h"
#include "engine/known_functions.h"

namespace skein::core {
namespace {

/// Takes the environment's secret where none was set. Local workers need none: they get a new one each time.
arrow::Status FindSecret(std::string& secret) {
  if (!secret.empty()) return arrow::Status::OK();
  if (const char* found = std::getenv("SKEIN_SECRET")) secret = found;
  if (secret.empty()) {
    return UserError("no secret: SET GLOBAL skein_secret, or set SKEIN_SECRET, to the one that the workers were given",
                     "Invalid Input");
  }
  const auto status = CheckSecret(secret);
  return status.ok() ? status : UserError("SKEIN_SECRET: " + status.message(), "Invalid Input");
}

}  // namespace

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
  MutexLock start_lock(start_mutex_);
  {
    MutexLock lock(mutex_);
    spec_ = std::move(spec);
    old = std::move(cluster_);
    cluster_.reset();
  }
  return arrow::Status::OK();
}

void InstanceState::SetWorkerBinary(std::string path) {
  MutexLock lock(mutex_);
  worker_binary_ = std::move(path);
}

arrow::Status InstanceState::SetSecret(std::string secret) {
  if (!secret.empty()) ARROW_RETURN_NOT_OK(CheckSecret(secret));
  MutexLock lock(mutex_);
  secret_ = std::move(secret);
  return arrow::Status::OK();
}

void InstanceState::SetTempDir(std::string path) {
  MutexLock lock(mutex_);
  temp_dir_ = std::move(path);
}

void InstanceState::UseCluster(std::shared_ptr<Cluster> cluster) {
  MutexLock lock(mutex_);
  spec_.reset();
  cluster_ = std::move(cluster);
}

void InstanceState::SetTaskEstimator(std::shared_ptr<skein::TaskEstimator> estimator) {
  MutexLock lock(mutex_);
  estimator_ = std::move(estimator);
}

skein::TaskEstimator* InstanceState::task_estimator() const {
  MutexLock lock(mutex_);
  return estimator_.get();
}

void InstanceState::SetTaskCount(uint32_t count) {
  MutexLock lock(mutex_);
  task_count_ = count;
}

uint32_t InstanceState::task_count() const {
  MutexLock lock(mutex_);
  return task_count_;
}

const KnownFunctions& InstanceState::WorkerFunctions() {
  std::call_once(functions_asked_, [this] { worker_functions_ = KnownFunctions::OfDuckDb(); });
  return worker_functions_;
}

uint32_t InstanceState::worker_count() const {
  MutexLock lock(mutex_);
  if (spec_) return spec_->worker_count();
  return cluster_ ? std::max<uint32_t>(1, static_cast<uint32_t>(cluster_->Workers().size())) : 0;
}

bool InstanceState::has_local_workers() const {
  MutexLock lock(mutex_);
  return spec_ && spec_->local_workers > 0;
}

std::shared_ptr<Cluster> InstanceState::cluster() const {
  MutexLock lock(mutex_);
  return cluster_;
}

arrow::Result<std::shared_ptr<Cluster>> InstanceState::StartedCluster() {
  MutexLock start_lock(start_mutex_);
  ClusterOptions options;
  {
    MutexLock lock(mutex_);
    if (cluster_) return cluster_;
    if (!spec_) return UserError("skein_cluster is not set: SET skein_cluster = 'local:4'", "Invalid Input");
    options.spec = *spec_;
    options.worker_binary = worker_binary_;
    options.secret = secret_;
    options.temp_dir = temp_dir_;
  }
  if (options.spec.local_workers == 0) ARROW_RETURN_NOT_OK(FindSecret(options.secret));
  ARROW_ASSIGN_OR_RAISE(auto cluster, Cluster::Start(std::move(options)));
  MutexLock lock(mutex_);
  cluster_ = cluster;
  return cluster;
}

}  // namespace skein::core
