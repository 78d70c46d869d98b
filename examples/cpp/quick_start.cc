// The quick start of the C++ API: a cluster, its status, a query. Run without arguments it starts three workers of its
// own; otherwise the arguments are the addresses of workers that run already (SKEIN_SECRET=… skein worker --listen
// host:port).
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include <arrow/api.h>

#include "skein/coordinator.h"
#include "skein/distributed_executor.h"
#include "skein/worker.h"

arrow::Status Run(const std::vector<std::string>& addresses) {
  // 1. Create a coordinator. The secret is what it and its workers know each other by.
  skein::ClusterConfig config;
  if (addresses.empty()) config.secret = "only-for-this-example";
  ARROW_ASSIGN_OR_RAISE(auto coordinator, skein::Coordinator::Make(config));

  // 2. Register workers: those of other machines by address, those of this process by themselves.
  for (const auto& address : addresses) ARROW_RETURN_NOT_OK(coordinator->RegisterWorker(address).status());
  std::vector<std::unique_ptr<skein::Worker>> workers;
  while (addresses.empty() && workers.size() < 3) {
    ARROW_ASSIGN_OR_RAISE(auto worker, skein::Worker::StartWith({.memory_bytes = 512 << 20}, coordinator));
    std::printf("worker %llx at %s, accepts tasks: %s\n", static_cast<unsigned long long>(worker->id()),
                worker->address().c_str(), worker->CanAcceptTask() ? "yes" : "no");
    workers.push_back(std::move(worker));
  }

  // 3. Check the cluster's status.
  const auto status = coordinator->ClusterStatus();
  std::printf("Workers: %u/%u\n", status.active_workers, status.total_workers);
  std::printf("Capacity: %u tasks, utilization %.1f %%\n", status.total_capacity, status.Utilization() * 100);

  // 4. Create an executor, and data to ask about.
  ARROW_ASSIGN_OR_RAISE(auto executor, skein::DistributedExecutor::Make(coordinator));
  ARROW_RETURN_NOT_OK(executor
                          ->Execute("COPY (SELECT i % 1000 AS customer_id, i % 100 AS amount FROM range(1000000) t(i)) "
                                    "TO 'orders.parquet' (FORMAT parquet)")
                          .status());

  // 5. Plan a query, look at its stages, execute it.
  ARROW_ASSIGN_OR_RAISE(const auto plan,
                        executor->Plan("SELECT customer_id, sum(amount) AS total FROM 'orders.parquet' "
                                       "GROUP BY customer_id ORDER BY total DESC, customer_id LIMIT 5"));
  std::printf("%s\n", plan.ToString().c_str());
  ARROW_ASSIGN_OR_RAISE(const auto rows, executor->Execute(plan));
  std::printf("%s\n", rows->ToString().c_str());
  return arrow::Status::OK();
}

int main(int argc, char** argv) {
  const auto status = Run(std::vector<std::string>(argv + 1, argv + argc));
  if (!status.ok()) std::fprintf(stderr, "%s\n", status.ToString().c_str());
  return status.ok() ? EXIT_SUCCESS : EXIT_FAILURE;
}
