// A cluster of scripted workers on loopback, and how a test runs queries on it. Owned by the test; its thread.
#pragma once

#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "coordinator/cluster.h"
#include "coordinator/scripted_worker.h"

namespace skein::core {

class ClusterRun : public testing::Test {
 protected:
  using Script = ScriptedWorker::Script;

  void Start(const std::vector<Script>& scripts) {
    for (const auto script : scripts) workers_.push_back(std::make_unique<ScriptedWorker>(script));
    StartCluster();
  }
  /// Starts the cluster of the workers that are there.
  void StartCluster() {
    ClusterOptions options;
    options.secret = ScriptedWorker::kSecret;
    for (const auto& worker : workers_) options.spec.addresses.push_back(worker->address());
    cluster_ = Cluster::Start(options).ValueOrDie();
  }

  /// One stage with a task on each worker, whose rows go to the client.
  std::unique_ptr<QueryExecution> Execute() {
    QueryRequest request;
    request.plan.stages.resize(1);
    request.plan.stages[0].task_count = static_cast<uint32_t>(workers_.size());
    request.plan.exchanges.resize(1);
    request.plan.exchanges[0].consumer = Exchange::kClient;
    request.plan.exchanges[0].ranges = {PartitionRange::All()};
    request.fragments[0] = "fragment";
    request.sql = "select 1";
    return cluster_->Execute(std::move(request)).ValueOrDie();
  }

  /// One stage with a task on each worker, which gives back its share of the client's rows.
  std::unique_ptr<QueryExecution> ExecuteWithRows(std::shared_ptr<ClientInput> rows) {
    QueryRequest request;
    const auto tasks = static_cast<uint32_t>(workers_.size());
    request.plan.stages.resize(1);
    request.plan.stages[0].task_count = tasks;
    request.plan.stages[0].inputs = {1};
    request.plan.exchanges.resize(2);
    request.plan.exchanges[0].consumer = Exchange::kClient;
    request.plan.exchanges[0].ranges = {PartitionRange::All()};
    request.plan.exchanges[1].id = 1;
    request.plan.exchanges[1].kind = ExchangeKind::kBroadcast;
    request.plan.exchanges[1].producer = Exchange::kClient;
    request.plan.exchanges[1].ranges = {PartitionRange::All()};
    request.client_inputs[1] = std::move(rows);
    return cluster_->Execute(std::move(request)).ValueOrDie();
  }

  /// Polls until `poll`, which gets a wake-up, says something; at most 20 s.
  template <typename T>
  static T Wait(const std::function<std::optional<T>(std::function<void()>)>& poll) {
    for (;;) {
      const auto woken = std::make_shared<std::promise<void>>();
      if (auto done = poll([woken] { woken->set_value(); })) return std::move(*done);
      if (woken->get_future().wait_for(std::chrono::seconds(20)) == std::future_status::ready) continue;
      return T(arrow::Status::IOError("nothing came"));
    }
  }
  static arrow::Result<ReceiverPoll> Take(QueryExecution& query) {
    return Wait<arrow::Result<ReceiverPoll>>([&](auto wake) -> std::optional<arrow::Result<ReceiverPoll>> {
      auto poll = query.result().TryTake(wake);
      if (poll.ok() && poll->state == ReceiverPoll::kPending) return std::nullopt;
      return poll;
    });
  }
  static arrow::Result<bool> Finish(QueryExecution& query) {
    return Wait<arrow::Result<bool>>([&](auto wake) -> std::optional<arrow::Result<bool>> {
      auto is_finished = query.TryFinish(wake);
      if (is_finished.ok() && !*is_finished) return std::nullopt;
      return is_finished;
    });
  }

  std::vector<std::unique_ptr<ScriptedWorker>> workers_;
  std::shared_ptr<Cluster> cluster_;
};

}  // namespace skein::core
