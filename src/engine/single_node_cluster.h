// A cluster of one engine and one store that runs the tasks of each stage one after another. For tests only.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engine/engine_fixture.h"
#include "exchange/local_channel.h"
#include "plan/distributed_plan.h"

namespace skein::core {

/// What a stage needs besides the plan.
struct StageToRun {
  std::string fragment;
  std::vector<std::vector<Split>> splits;  // by scan
  duckdb::vector<duckdb::LogicalType> types;
};

/// Runs the stages of a query on one engine and one store: splits go to tasks in turn, every row crosses the exchanges.
class SingleNodeCluster {
 public:
  explicit SingleNodeCluster(const std::string& directory) {
    EngineOptions options;
    options.threads = 2;
    options.memory_bytes = 512 << 20;
    options.temp_dir = directory;
    engine_ = *Engine::Open(options);
    store_ = *RetainedStore::Make({.directory = directory});
  }

  /// Returns the rows of the last stage. `stages` by stage id.
  arrow::Result<std::vector<std::string>> Run(duckdb::ClientContext& context, const DistributedPlan& plan,
                                              const std::vector<StageToRun>& stages) {
    const auto id = QueryId::Random();
    for (const auto& stage : plan.stages) {
      for (uint32_t task = 0; task < stage.task_count; task++) {
        ARROW_RETURN_NOT_OK(RunTask(id, plan, stage, task, stages[stage.id]));
      }
    }
    auto rows = ReadResult(context, id, plan.stages.back(), stages.back().types);
    store_->DropQuery(id);
    return rows;
  }

 private:
  static constexpr Incarnation kIncarnation = 99;

  arrow::Status RunTask(const QueryId& id, const DistributedPlan& plan, const Stage& stage, uint32_t task,
                        const StageToRun& made) {
    ScriptedFeed feed;
    for (size_t scan = 0; scan < made.splits.size(); scan++) {
      for (size_t i = task; i < made.splits[scan].size(); i += stage.task_count) {
        feed.Give(static_cast<ScanId>(scan), {made.splits[scan][i]});
      }
    }
    feed.Close();
    TaskContext context;
    context.key = {id, stage.id, task, 0, kIncarnation};
    context.task_count = stage.task_count;
    context.splits = &feed;
    context.store = store_.get();
    context.output = stage.output;
    context.output_ranges = plan.exchange(stage.output).RangesMadeBy(task);
    std::vector<std::unique_ptr<Receiver>> receivers;
    for (auto input : stage.inputs) {
      const auto& exchange = plan.exchange(input);
      receivers.push_back(MakeReceiver(id, plan, exchange, exchange.RangeReadBy(task)));
      context.inputs[input] = receivers.back().get();
    }
    ARROW_ASSIGN_OR_RAISE(auto run, engine_->Prepare(made.fragment, context));
    ARROW_RETURN_NOT_OK(run->Run().status());
    store_->FinishProducer({id, stage.output, task, 0}, arrow::Status::OK());
    return arrow::Status::OK();
  }

  std::unique_ptr<Receiver> MakeReceiver(const QueryId& id, const DistributedPlan& plan, const Exchange& exchange,
                                         PartitionRange range) {
    ReceiverOptions options;
    options.query = id;
    options.exchange = exchange.stored_as();
    options.range = range;
    options.producer_tasks = plan.stage(exchange.producer).task_count;
    options.is_ordered = exchange.is_ordered;
    options.is_merged = exchange.is_merged;
    auto receiver = Receiver::Make(options, MakeLocalChannelResolver("here:1", *store_, nullptr));
    std::vector<Producer> producers;
    for (uint32_t task = 0; task < options.producer_tasks; task++) {
      producers.push_back({"here:1", 0, task, 0, kIncarnation});
    }
    receiver->AddProducers(producers);
    return receiver;
  }

  std::vector<std::string> ReadResult(duckdb::ClientContext& context, const QueryId& id, const Stage& stage,
                                      const duckdb::vector<duckdb::LogicalType>& types) {
    std::vector<std::string> rows;
    for (uint32_t task = 0; task < stage.task_count; task++) {
      for (const auto& block : BlocksOf(*store_, {id, stage.output, task, 0}, PartitionRange::All())) {
        for (auto& row : RowsOf(context, block, types)) rows.push_back(std::move(row));
      }
    }
    return rows;
  }

  std::unique_ptr<Engine> engine_;
  std::unique_ptr<RetainedStore> store_;
};

}  // namespace skein::core
