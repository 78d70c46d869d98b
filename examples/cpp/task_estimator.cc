// A task estimator that gives each scan a task for every 50,000 rows, and never more than two a worker: small tables
// stay on one worker, large ones use all.
#include <algorithm>

#include "example.h"

class ByRows : public skein::TaskEstimator {
 public:
  std::optional<uint32_t> EstimateTasks(const skein::ScanFacts& scan) override {
    const auto wanted = static_cast<uint32_t>(scan.estimated_rows / 50'000 + 1);
    return std::min(wanted, 2 * scan.workers);
  }
};

arrow::Status Run() {
  skein::ClusterConfig config;
  config.secret = kSecret;
  config.task_estimator = std::make_shared<ByRows>();
  ARROW_ASSIGN_OR_RAISE(auto coordinator, skein::Coordinator::Make(config));
  ARROW_ASSIGN_OR_RAISE(const auto first, skein::Worker::StartWith({.memory_bytes = 256 << 20}, coordinator));
  ARROW_ASSIGN_OR_RAISE(const auto second, skein::Worker::StartWith({.memory_bytes = 256 << 20}, coordinator));
  ARROW_ASSIGN_OR_RAISE(auto executor, skein::DistributedExecutor::Make(coordinator));
  for (const auto* rows : {"1000", "100000", "1000000"}) {
    const auto file = "n" + std::string(rows) + ".parquet";
    ARROW_RETURN_NOT_OK(executor
                            ->Execute("COPY (SELECT range AS n FROM range(" + std::string(rows) + ")) TO '" + file +
                                      "' (ROW_GROUP_SIZE 10000)")
                            .status());
    ARROW_ASSIGN_OR_RAISE(const auto plan,
                          executor->Plan("SELECT n % 10 AS k, count(*) FROM '" + file + "' GROUP BY k"));
    std::printf("%s rows: %u tasks scan\n", rows, plan.stages()[0].tasks);
    ARROW_RETURN_NOT_OK(executor->Execute(plan).status());
  }
  return arrow::Status::OK();
}
