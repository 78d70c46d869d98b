// Whether tasks fit the slots of a cluster's workers: all tasks of a query begin together. Functions; any thread.
#pragma once

#include <cstdint>
#include <vector>

#include <arrow/status.h>

#include "coordinator/stage_info.h"
#include "plan/distributed_plan.h"

namespace skein {

/// Checks the tasks of a stage against the slots of all workers. Errors (Invalid) name setting and limit; none where no
/// worker is there yet.
arrow::Status CheckSlots(uint32_t default_partitions, const core::ClusterStatus& cluster);

/// Checks the tasks of each plan likewise.
arrow::Status CheckSlots(const std::vector<core::DistributedPlan>& plans, const core::ClusterStatus& cluster);

}  // namespace skein
