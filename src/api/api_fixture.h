// A cluster inside of the test's process, through the public API alone: real ports, real engines. For tests only.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include <arrow/scalar.h>
#include <gtest/gtest.h>

#include "skein/distributed_executor.h"
#include "skein/worker.h"

namespace skein {

/// Returns the value, or stops the test's program: for what must work before anything is tested.
template <class T>
T Must(arrow::Result<T> result) {
  return std::move(result).ValueOrDie();
}

class ApiCluster : public testing::Test {
 protected:
  static constexpr char kSecret[] = "a-secret-of-tests";

  ApiCluster() {
    char pattern[] = "/tmp/skein-api-test-XXXXXX";
    folder_ = mkdtemp(pattern);
  }
  ~ApiCluster() override { std::filesystem::remove_all(folder_); }

  static ClusterConfig Config() {
    ClusterConfig config;
    config.secret = kSecret;
    return config;
  }
  static WorkerOptions SmallWorker() {
    WorkerOptions options;
    options.memory_bytes = uint64_t{256} << 20;
    options.secret = kSecret;
    return options;
  }

  /// Starts the coordinator and workers that register with it.
  void StartCluster(size_t workers, ClusterConfig config = Config(), ExecutorConfig executor = {}) {
    coordinator_ = Must(Coordinator::Make(std::move(config)));
    for (size_t i = 0; i < workers; i++) workers_.push_back(Must(Worker::StartWith(SmallWorker(), coordinator_)));
    executor_ = Must(DistributedExecutor::Make(coordinator_, std::move(executor)));
  }

  /// Writes 100,000 rows (k, v) in row groups of 2,048; returns the file as SQL names it.
  std::string MakeFile() {
    const std::string file = "'" + (folder_ / "numbers.parquet").string() + "'";
    Must(executor_->Execute("COPY (SELECT i % 10 AS k, i AS v FROM range(100000) t(i)) TO " + file +
                            " (FORMAT parquet, ROW_GROUP_SIZE 2048)"));
    return file;
  }

  /// Runs a statement with one value as its answer.
  int64_t AskNumber(const std::string& sql) {
    const auto rows = Must(executor_->Execute(sql));
    const auto value = Must(Must(rows->column(0)->GetScalar(0))->CastTo(arrow::int64()));
    return std::static_pointer_cast<arrow::Int64Scalar>(value)->value;
  }

  std::filesystem::path folder_;
  std::shared_ptr<Coordinator> coordinator_;
  std::vector<std::unique_ptr<Worker>> workers_;
  std::shared_ptr<DistributedExecutor> executor_;
};

}  // namespace skein
