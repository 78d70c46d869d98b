#include "api/slot_check.h"

#include <string>

namespace skein {
namespace {

arrow::Status TooMany(const std::string& what, uint64_t tasks, const core::ClusterStatus& cluster) {
  return arrow::Status::Invalid(what, " more tasks than the workers admit at a time: tasks=", tasks,
                                " limit=", cluster.task_slots, " workers=", cluster.active_workers);
}

}  // namespace

arrow::Status CheckSlots(uint32_t default_partitions, const core::ClusterStatus& cluster) {
  if (cluster.active_workers == 0 || default_partitions <= cluster.task_slots) return arrow::Status::OK();
  return TooMany("default_partitions asks for", default_partitions, cluster);
}

arrow::Status CheckSlots(const std::vector<core::DistributedPlan>& plans, const core::ClusterStatus& cluster) {
  for (const auto& plan : plans) {
    uint64_t tasks = 0;
    for (const auto& stage : plan.stages) tasks += stage.task_count;
    if (cluster.active_workers > 0 && tasks > cluster.task_slots) return TooMany("the plan has", tasks, cluster);
  }
  return arrow::Status::OK();
}

}  // namespace skein
