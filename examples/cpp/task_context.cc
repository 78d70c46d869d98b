// A scan of one's own: each task takes the files whose turn it is. skein_task_index() and skein_task_count() say which
// task of how many it is; in plain DuckDB they are 0 and 1, and the same statement reads everything.
#include "example.h"

arrow::Status Run() {
  skein::ClusterConfig config;
  config.secret = kSecret;
  ARROW_ASSIGN_OR_RAISE(auto coordinator, skein::Coordinator::Make(config));
  ARROW_ASSIGN_OR_RAISE(const auto first, skein::Worker::StartWith({.memory_bytes = 256 << 20}, coordinator));
  ARROW_ASSIGN_OR_RAISE(const auto second, skein::Worker::StartWith({.memory_bytes = 256 << 20}, coordinator));
  ARROW_ASSIGN_OR_RAISE(auto executor, skein::DistributedExecutor::Make(coordinator));
  for (const auto* name : {"a", "b", "c", "d"}) {
    ARROW_RETURN_NOT_OK(
        executor->Execute("COPY (SELECT '" + std::string(name) + "') TO '" + name + ".txt' (FORMAT csv)").status());
  }
  ARROW_ASSIGN_OR_RAISE(const auto rows,
                        executor->Execute("SELECT filename, size, skein_task_index() AS task FROM read_text('*.txt') "
                                          "WHERE hash(filename) % skein_task_count() = skein_task_index() "
                                          "ORDER BY filename"));
  std::printf("%s\n", rows->ToString().c_str());
  return arrow::Status::OK();
}
