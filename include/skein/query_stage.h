// A stage of a plan that is cut by hand, for DistributedExecutor::Plan. A value that is built step by step:
//
//   skein::QueryStage(0, skein::SerializedPlan::FromSql("SELECT customer_id, amount FROM 'orders.parquet'"), 4)
//       .WithPartitionStrategy(skein::HashPartitioning{{"customer_id"}, 4})
//       .WithShuffle();
//   skein::QueryStage(1, skein::SerializedPlan::FromSql("SELECT customer_id, sum(amount) FROM stage_0 GROUP BY ALL"),
//   4)
//       .WithDependency(0);
//
// The SQL of a stage runs in each of its partitions over that partition's rows: whether the answers together are the
// answer wanted is up to whoever cuts the stages. skein_task_index() and skein_task_count() tell a partition which it
// is.
#pragma once

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "skein/partition_strategy.h"
#include "skein/serialized_plan.h"

namespace skein {

class QueryStage {
 public:
  /// Makes a stage of `num_partitions` tasks, 1 to 1,024. Split files are given out among them; a table of the
  /// executor's DuckDB is dealt out.
  QueryStage(uint32_t id, SerializedPlan plan, uint32_t num_partitions)
      : id_(id), plan_(std::move(plan)), num_partitions_(num_partitions) {}

  /// Has its rows partitioned for the stage that depends on it, into as many partitions as that has.
  QueryStage& WithPartitionStrategy(PartitionStrategy strategy) {
    partition_strategy_ = std::move(strategy);
    return *this;
  }
  /// Lets its SQL read the rows of another stage, which no other stage may read.
  QueryStage& WithDependency(uint32_t stage) {
    dependencies_.push_back(stage);
    return *this;
  }
  /// Has its rows exchanged: by its partition strategy, else in turn. Without, the only partition of the next stage
  /// gets them all, and so does each of several.
  QueryStage& WithShuffle() {
    requires_shuffle_ = true;
    return *this;
  }

  uint32_t id() const { return id_; }
  const SerializedPlan& plan() const { return plan_; }
  uint32_t num_partitions() const { return num_partitions_; }
  const std::optional<PartitionStrategy>& partition_strategy() const { return partition_strategy_; }
  const std::vector<uint32_t>& dependencies() const { return dependencies_; }
  /// A partition strategy implies it.
  bool requires_shuffle() const { return requires_shuffle_ || partition_strategy_.has_value(); }

 private:
  uint32_t id_;
  SerializedPlan plan_;
  uint32_t num_partitions_;
  std::optional<PartitionStrategy> partition_strategy_;
  std::vector<uint32_t> dependencies_;
  bool requires_shuffle_ = false;
};

}  // namespace skein
