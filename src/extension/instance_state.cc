#include "extension/instance_state.h"

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

arrow::Status InstanceState::SetSecret(std::string secret) {
  if (!secret.empty()) ARROW_RETURN_NOT_OK(CheckSecret(secret));
  std::lock_guard lock(mutex_);
  secret_ = std::move(secret);
  return arrow::Status::OK();
}

void InstanceState::SetTempDir(std::string path) {
  std::lock_guard lock(mutex_);
  temp_dir_ = std::move(path);
}

const std::set<std::string>& InstanceState::WorkerFunctions() {
  std::call_once(functions_asked_, [this] { worker_functions_ = FunctionsOfDuckDb(); });
  return worker_functions_;
}

uint32_t InstanceState::worker_count() const {
  std::lock_guard lock(mutex_);
  return spec_ ? spec_->worker_count() : 0;
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
  if (options.spec.local_workers == 0) ARROW_RETURN_NOT_OK(FindSecret(options.secret));
  ARROW_ASSIGN_OR_RAISE(auto cluster, Cluster::Start(std::move(options)));
  std::lock_guard lock(mutex_);
  cluster_ = cluster;
  return cluster;
}

}  // namespace skein::core
