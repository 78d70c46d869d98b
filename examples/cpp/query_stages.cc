// Stages cut by hand: SQL in each partition, and a say in how rows move between them. The plan can be looked at before
// it runs; its tasks can also be run one by one, on a worker of one's own.
#include "example.h"

arrow::Status Run() {
  skein::ClusterConfig config;
  config.secret = kSecret;
  ARROW_ASSIGN_OR_RAISE(auto coordinator, skein::Coordinator::Make(config));
  ARROW_ASSIGN_OR_RAISE(const auto first, skein::Worker::StartWith({.memory_bytes = 256 << 20}, coordinator));
  ARROW_ASSIGN_OR_RAISE(const auto second, skein::Worker::StartWith({.memory_bytes = 256 << 20}, coordinator));
  ARROW_ASSIGN_OR_RAISE(auto executor, skein::DistributedExecutor::Make(coordinator));
  ARROW_RETURN_NOT_OK(executor
                          ->Execute("COPY (SELECT i % 1000 AS customer_id, i % 100 AS amount FROM range(200000) t(i)) "
                                    "TO 'orders.parquet' (ROW_GROUP_SIZE 10000)")
                          .status());

  const std::vector<skein::QueryStage> stages = {
      skein::QueryStage(0, skein::SerializedPlan::FromSql("SELECT customer_id, amount FROM 'orders.parquet'"), 4)
          .WithPartitionStrategy(skein::HashPartitioning{{"customer_id"}, 4})
          .WithShuffle(),
      skein::QueryStage(
          1, skein::SerializedPlan::FromSql("SELECT customer_id, sum(amount) AS total FROM stage_0 GROUP BY ALL"), 4)
          .WithDependency(0),
      skein::QueryStage(2, skein::SerializedPlan::FromSql("FROM stage_1 ORDER BY total DESC, customer_id LIMIT 3"), 1)
          .WithDependency(1)};
  ARROW_ASSIGN_OR_RAISE(const auto plan, executor->Plan(stages));
  std::printf("%s\n", plan.ToString().c_str());
  ARROW_ASSIGN_OR_RAISE(const auto rows, executor->Execute(plan));
  std::printf("%s\n", rows->ToString().c_str());

  // One task of the first stage, on a worker of this program.
  ARROW_ASSIGN_OR_RAISE(const auto tasks, executor->MakeTasks(plan, 0));
  ARROW_ASSIGN_OR_RAISE(const auto result, first->ExecuteTask(tasks[0]));
  std::printf("task 0 of %zu: %llu rows\n", tasks.size(), static_cast<unsigned long long>(result.report.rows_out));
  return first->DropOutput(tasks[0].task.id.query);
}
