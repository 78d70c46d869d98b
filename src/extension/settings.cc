#include "extension/settings.h"

#include "duckdb/main/config.hpp"
#include "engine/error_bridge.h"
#include "extension/instance_state.h"

namespace skein::core {
namespace {

using duckdb::LogicalType;
using duckdb::SetScope;
using duckdb::Value;

// Where auto begins to distribute; below, starting tasks costs more than a few cores gain.
constexpr int64_t kDefaultAutoMinRows = 20'000'000;
constexpr uint64_t kMaxTaskTimeoutMs = 30ULL * 24 * 3600 * 1000;

void OneOf(const char* setting, Value& value, std::initializer_list<const char*> choices) {
  const auto text = duckdb::StringUtil::Lower(value.ToString());
  std::string all;
  for (const auto* choice : choices) {
    if (text == choice) {
      value = Value(text);
      return;
    }
    all += (all.empty() ? "'" : ", '") + std::string(choice) + "'";
  }
  throw duckdb::InvalidInputException("%s = '%s' is not known: use one of %s", setting, value.ToString(), all);
}

void SetCluster(duckdb::ClientContext& context, SetScope, Value& value) {
  const auto status = InstanceState::Get(context).SetCluster(value.IsNull() ? "" : value.ToString());
  if (!status.ok()) ThrowForDuckDb(status);
}

void SetWorkerBinary(duckdb::ClientContext& context, SetScope, Value& value) {
  InstanceState::Get(context).SetWorkerBinary(value.IsNull() ? "" : value.ToString());
}

// The secret is kept by the instance and never shown: the setting itself stays empty.
void SetSecret(duckdb::ClientContext& context, SetScope, Value& value) {
  const auto status = InstanceState::Get(context).SetSecret(value.IsNull() ? "" : value.ToString());
  value = Value("");
  if (!status.ok()) throw duckdb::InvalidInputException("skein_secret: %s", status.message());
}

void SetTempDir(duckdb::ClientContext& context, SetScope, Value& value) {
  InstanceState::Get(context).SetTempDir(value.IsNull() ? "" : value.ToString());
}

// Taken as a text, so that it is Skein that refuses a wrong one, by its name.
void SetAutoMinRows(duckdb::ClientContext&, SetScope, Value& value) {
  const auto text = value.ToString();
  if (!value.IsNull() && value.DefaultTryCastAs(LogicalType::UBIGINT)) {
    value = Value(value.ToString());
    return;
  }
  throw duckdb::InvalidInputException("skein_auto_min_rows = '%s' is no number of rows: use 0 or more", text);
}

void SetMode(duckdb::ClientContext&, SetScope, Value& value) {
  OneOf("skein_mode", value, {"auto", "local", "distributed"});
}

// As of SetAutoMinRows.
void SetTaskTimeout(duckdb::ClientContext&, SetScope, Value& value) {
  const auto text = value.ToString();
  if (!value.IsNull() && value.DefaultTryCastAs(LogicalType::UBIGINT) &&
      value.GetValue<uint64_t>() <= kMaxTaskTimeoutMs) {
    value = Value(value.ToString());
    return;
  }
  throw duckdb::InvalidInputException("skein_task_timeout_ms = %s is out of range: 0 (no limit) to %llu", text,
                                      kMaxTaskTimeoutMs);
}

void SetJoin(duckdb::ClientContext&, SetScope, Value& value) {
  OneOf("skein_join", value, {"auto", "broadcast", "repartition"});
}

void SetAggregate(duckdb::ClientContext&, SetScope, Value& value) {
  OneOf("skein_aggregate", value, {"auto", "partial", "raw"});
}

void SetSort(duckdb::ClientContext&, SetScope, Value& value) { OneOf("skein_sort", value, {"auto", "merge", "range"}); }

void SetCopy(duckdb::ClientContext&, SetScope, Value& value) {
  OneOf("skein_copy", value, {"auto", "client", "workers"});
}

void SetRecovery(duckdb::ClientContext&, SetScope, Value& value) {
  OneOf("skein_recovery", value, {"off", "on"});
  if (value.ToString() == "on") {
    throw duckdb::NotImplementedException(
        "skein_recovery = 'on' is not available yet: the loss of a worker is an error that names it; use 'off'");
  }
}

std::string TextOf(duckdb::ClientContext& context, const char* setting) {
  Value value;
  if (!context.TryGetCurrentSetting(setting, value) || value.IsNull()) return "";
  return value.ToString();
}

}  // namespace

void RegisterSettings(duckdb::DatabaseInstance& database) {
  auto& config = database.config;
  config.AddExtensionOption("skein_cluster",
                            "The workers: local:N, local:N?threads=T&memory=4GB, or host:port,host:port",
                            LogicalType::VARCHAR, Value(""), SetCluster, SetScope::GLOBAL);
  config.AddExtensionOption("skein_worker_binary", "The skein program, for local workers", LogicalType::VARCHAR,
                            Value(""), SetWorkerBinary, SetScope::GLOBAL);
  config.AddExtensionOption("skein_secret", "The secret of workers given by address (or environment SKEIN_SECRET)",
                            LogicalType::VARCHAR, Value(""), SetSecret, SetScope::GLOBAL);
  config.AddExtensionOption("skein_temp_directory", "Where local workers make their private directories",
                            LogicalType::VARCHAR, Value(""), SetTempDir, SetScope::GLOBAL);
  config.AddExtensionOption("skein_mode", "auto, local or distributed", LogicalType::VARCHAR, Value("auto"), SetMode);
  config.AddExtensionOption("skein_auto_min_rows", "auto distributes queries whose scans have this many rows",
                            LogicalType::VARCHAR, Value(std::to_string(kDefaultAutoMinRows)), SetAutoMinRows);
  config.AddExtensionOption("skein_task_timeout_ms", "A task that runs longer fails its query; 0: no limit",
                            LogicalType::VARCHAR, Value("0"), SetTaskTimeout);
  config.AddExtensionOption("skein_join", "auto, broadcast or repartition where both are right", LogicalType::VARCHAR,
                            Value("auto"), SetJoin);
  config.AddExtensionOption("skein_aggregate", "auto, partial or raw where both are right", LogicalType::VARCHAR,
                            Value("auto"), SetAggregate);
  config.AddExtensionOption("skein_sort", "auto, merge (one task merges) or range (no single task has all rows)",
                            LogicalType::VARCHAR, Value("auto"), SetSort);
  config.AddExtensionOption("skein_copy", "auto, client or workers: who writes the files of a COPY to a folder",
                            LogicalType::VARCHAR, Value("auto"), SetCopy);
  config.AddExtensionOption("skein_recovery", "off: the loss of a worker is an error", LogicalType::VARCHAR,
                            Value("off"), SetRecovery);
}

Mode ModeOf(duckdb::ClientContext& context) {
  const auto text = TextOf(context, "skein_mode");
  if (text == "local") return Mode::kLocal;
  return text == "distributed" ? Mode::kDistributed : Mode::kAuto;
}

CopyChoice CopyChoiceOf(duckdb::ClientContext& context) {
  const auto text = TextOf(context, "skein_copy");
  if (text == "client") return CopyChoice::kClient;
  return text == "workers" ? CopyChoice::kWorkers : CopyChoice::kAuto;
}

uint64_t AutoMinRowsOf(duckdb::ClientContext& context) {
  Value value;
  if (!context.TryGetCurrentSetting("skein_auto_min_rows", value) || value.IsNull()) return kDefaultAutoMinRows;
  return value.GetValue<uint64_t>();
}

std::chrono::milliseconds TaskTimeoutOf(duckdb::ClientContext& context) {
  Value value;
  if (!context.TryGetCurrentSetting("skein_task_timeout_ms", value) || value.IsNull()) return {};
  return std::chrono::milliseconds(value.GetValue<uint64_t>());
}

PlannerOptions PlannerOptionsOf(duckdb::ClientContext& context, uint32_t worker_count) {
  const auto& instance = InstanceState::Get(context);
  PlannerOptions options;
  options.estimator = instance.task_estimator();
  options.task_count = instance.task_count() > 0 ? instance.task_count() : worker_count;
  const auto join = TextOf(context, "skein_join");
  if (join == "broadcast") options.join_choice = JoinChoice::kBroadcast;
  if (join == "repartition") options.join_choice = JoinChoice::kRepartition;
  const auto aggregate = TextOf(context, "skein_aggregate");
  if (aggregate == "partial") options.aggregate_choice = AggregateChoice::kPartial;
  if (aggregate == "raw") options.aggregate_choice = AggregateChoice::kRawRows;
  const auto sort = TextOf(context, "skein_sort");
  if (sort == "merge") options.sort_choice = SortChoice::kMerge;
  if (sort == "range") options.sort_choice = SortChoice::kRange;
  return options;
}

}  // namespace skein::core
