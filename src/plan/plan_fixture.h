// Small plans that the tests of this room are made of. For tests only.
#pragma once

#include "plan/distributed_plan.h"

namespace skein::core {

/// A scan that is hashed into two aggregating tasks, whose rows are gathered for the client.
inline DistributedPlan MakePlan() {
  DistributedPlan plan;
  Stage scan;
  scan.task_count = 3;
  scan.scans = {{0, "lineitem"}};
  scan.replay_class = ReplayClass::kStream;
  scan.operators = {{0, "FILTER", "a > 1", 1200, {}, {}}, {1, "SCAN", "lineitem", 60175, {}, 0}};
  Stage aggregate;
  aggregate.id = 1;
  aggregate.task_count = 2;
  aggregate.inputs = {0};
  aggregate.output = 1;
  aggregate.is_barrier = true;
  aggregate.operators = {{0, "AGGREGATE", "", {}, {}, {}}, {1, "EXCHANGE", "", 1200, 0, {}}};
  Exchange hash;
  hash.kind = ExchangeKind::kHash;
  hash.consumer = 1;
  hash.keys = "#0";
  hash.ranges = SplitEvenly(2);
  Exchange gather;
  gather.id = 1;
  gather.producer = 1;
  gather.consumer = Exchange::kClient;
  gather.ranges = {PartitionRange::All()};
  plan.stages = {scan, aggregate};
  plan.exchanges = {hash, gather};
  return plan;
}

/// The same, and the aggregating tasks read rows of the client besides, each its share of them.
inline DistributedPlan MakePlanWithClientRows() {
  auto plan = MakePlan();
  auto& rows = plan.exchanges.emplace_back();
  rows.id = 2;
  rows.kind = ExchangeKind::kRoundRobin;
  rows.producer = Exchange::kClient;
  rows.consumer = 1;
  rows.ranges = SplitEvenly(2);
  plan.stages[1].inputs.push_back(2);
  plan.stages[1].operators = {{0, "JOIN", "INNER", {}, {}, {}},
                              {1, "AGGREGATE", "", {}, {}, {}},
                              {2, "EXCHANGE", "", {}, 0, {}},
                              {1, "EXCHANGE", "", {}, 2, {}}};
  return plan;
}

/// A scan stored for two readers: a third stage gathers what the second one reads by partitions.
inline DistributedPlan MakePlanWithSharedRows() {
  auto plan = MakePlan();
  plan.exchanges[0].consumer = Exchange::kShared;
  auto& partitions = plan.exchanges.emplace_back(plan.exchanges[0]);
  partitions.id = 2;
  partitions.consumer = 1;
  partitions.shared_from = 0;
  auto all = plan.exchanges.back();
  all.id = 3;
  all.kind = ExchangeKind::kBroadcast;
  all.keys.clear();
  all.ranges = {PartitionRange::All()};
  plan.exchanges.push_back(all);
  plan.stages[1].inputs = {2, 3};
  plan.stages[1].operators = {
      {0, "JOIN", "INNER", {}, {}, {}}, {1, "EXCHANGE", "", {}, 2, {}}, {1, "EXCHANGE", "", {}, 3, {}}};
  return plan;
}

}  // namespace skein::core
