// Brings the figures of tasks and workers together, for people. Functions over values; any thread.
#pragma once

#include <vector>

#include "coordinator/cluster.h"

namespace skein::core {

/// Says what the plan tells of each of its stages; they are "waiting".
std::vector<StageInfo> DescribeStages(const QueryId& query, const DistributedPlan& plan);
/// Sets state and figures of a stage from those of the tasks that are its own.
void SummarizeTasks(const std::vector<TaskInfo>& tasks, StageInfo& stage);
/// Sums up the workers; running queries are the caller's to count.
ClusterStatus SummarizeWorkers(const std::vector<WorkerInfo>& workers);

}  // namespace skein::core
