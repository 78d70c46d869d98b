// What a Coordinator is made of; its executors hold it, too, so the cluster outlives whichever ends first.
#pragma once

#include <memory>
#include <utility>

#include "coordinator/cluster.h"
#include "skein/cluster_config.h"

namespace skein {

class CoordinatorState {
 public:
  CoordinatorState(ClusterConfig config, std::shared_ptr<core::Cluster> cluster)
      : config(std::move(config)), cluster(std::move(cluster)) {}

  const ClusterConfig config;  // with the secret that is used
  const std::shared_ptr<core::Cluster> cluster;
};

}  // namespace skein
