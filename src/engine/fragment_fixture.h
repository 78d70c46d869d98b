// Fragments made by hand from statements, and an engine that runs them as a worker would. For tests only.
#pragma once

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "duckdb/planner/expression/bound_columnref_expression.hpp"
#include "engine/engine_fixture.h"
#include "engine/fragment_codec.h"
#include "engine/parquet_splits.h"

namespace skein::core {

/// A fragment as it travels, with what its task needs to run.
struct Fragment {
  std::string bytes;
  std::vector<std::vector<Split>> splits;  // by scan
  duckdb::vector<duckdb::LogicalType> types;
};

/// What one run gave.
struct Outcome {
  arrow::Status status;
  TaskResult result;
  std::vector<Block> blocks;
  std::vector<std::string> rows;
};

class FragmentFixture : public testing::Test {
 protected:
  FragmentFixture() {
    for (int file = 0; file < 3; file++) {
      const auto from = std::to_string(file * 6000), to = std::to_string(file * 6000 + 6000);
      Write("t" + std::to_string(file) + ".parquet",
            "SELECT i, i % 7 AS g, 's' || (i % 100) AS s, nullif(i % 5, 0) AS n FROM range(" + from + ", " + to +
                ") r(i)");
    }
    client_.Ask("CREATE VIEW t AS FROM read_parquet('" + dir_.path("t*.parquet") + "')");
    EngineOptions options;
    options.threads = 2;
    options.memory_bytes = 256 << 20;
    options.temp_dir = dir_.path();
    engine_ = *Engine::Open(options);
    store_ = *RetainedStore::Make({.directory = dir_.path()});
  }

  void Write(const std::string& name, const std::string& sql) {
    client_.Ask("COPY (" + sql + ") TO '" + dir_.path(name) + "' (FORMAT parquet, ROW_GROUP_SIZE 2048)");
  }

  /// Makes a fragment of a statement: its Parquet scans take splits, its rows go by `key_columns` into the sink.
  Fragment MakeFragment(const std::string& sql, std::vector<duckdb::idx_t> key_columns = {}, bool is_ordered = false) {
    client_.connection().BeginTransaction();
    auto plan = client_.Optimize(sql);
    Fragment fragment;
    ReplaceScans(plan.root, fragment);
    plan.root->ResolveOperatorTypes();
    fragment.types = plan.root->types;
    const auto bindings = plan.root->GetColumnBindings();
    LogicalExchangeSink sink;
    sink.is_ordered = is_ordered;
    sink.output_types = {duckdb::LogicalType::BIGINT};
    sink.bindings = {duckdb::ColumnBinding(0, 0)};
    for (auto column : key_columns) {
      sink.expressions.push_back(
          duckdb::make_uniq<duckdb::BoundColumnRefExpression>(plan.root->types[column], bindings[column]));
    }
    sink.children.push_back(std::move(plan.root));
    sink.ResolveOperatorTypes();
    fragment.bytes = EncodeFragment(client_.context(), sink);
    client_.connection().Rollback();
    return fragment;
  }

  void ReplaceScans(duckdb::unique_ptr<duckdb::LogicalOperator>& op, Fragment& fragment) {
    for (auto& child : op->children) ReplaceScans(child, fragment);
    if (op->type != duckdb::LogicalOperatorType::LOGICAL_GET) return;
    auto& get = op->Cast<duckdb::LogicalGet>();
    EXPECT_EQ(WhyNotSplittable(get), "");
    auto planned = PlanScan(client_.context(), get);
    planned.spec.scan = static_cast<ScanId>(fragment.splits.size());
    auto scan = duckdb::make_uniq<LogicalSplitScan>();
    scan->spec = planned.spec.Copy();
    scan->bindings = get.GetColumnBindings();
    scan->output_types = get.types;
    scan->dynamic_filters = get.dynamic_filters;
    scan->SetEstimatedCardinality(get.estimated_cardinality);
    fragment.splits.push_back(EnumerateSplits(client_.context(), planned));
    op = std::move(scan);
  }

  TaskContext MakeTask(SplitFeed& feed, uint32_t range_count = 1) {
    TaskContext task;
    task.key = {QueryId::Random(), 1, 0, 0, 99};
    task.splits = &feed;
    task.store = store_.get();
    task.output = 7;
    task.output_ranges = SplitEvenly(range_count);
    return task;
  }

  static void GiveAll(ScriptedFeed& feed, const Fragment& fragment) {
    for (size_t scan = 0; scan < fragment.splits.size(); scan++) {
      feed.Give(static_cast<ScanId>(scan), fragment.splits[scan]);
    }
    feed.Close();
  }

  Outcome Run(const Fragment& fragment, TaskContext task) {
    Outcome outcome;
    auto run = engine_->Prepare(fragment.bytes, task);
    outcome.status = run.status();
    if (!run.ok()) return outcome;
    auto result = (*run)->Run();
    outcome.status = result.status();
    if (!result.ok()) return outcome;
    outcome.result = *result;
    const ProducerKey key{task.key.query, task.output, task.key.task, task.key.attempt};
    store_->FinishProducer(key, arrow::Status::OK());
    outcome.blocks = BlocksOf(*store_, key, PartitionRange::All());
    for (const auto& block : outcome.blocks) {
      for (auto& row : RowsOf(client_.context(), block, fragment.types)) outcome.rows.push_back(std::move(row));
    }
    return outcome;
  }

  Outcome Run(const Fragment& fragment, uint32_t range_count = 1) {
    ScriptedFeed feed;
    GiveAll(feed, fragment);
    return Run(fragment, MakeTask(feed, range_count));
  }

  void ExpectAnswer(const std::string& sql) {
    SCOPED_TRACE(sql);
    auto expected = client_.Ask(sql);
    auto outcome = Run(MakeFragment(sql));
    ASSERT_TRUE(outcome.status.ok()) << outcome.status.ToString();
    std::sort(expected.begin(), expected.end());
    std::sort(outcome.rows.begin(), outcome.rows.end());
    EXPECT_EQ(outcome.rows, expected);
  }

  TempDir dir_;
  ClientDuckDb client_;
  std::unique_ptr<Engine> engine_;
  std::unique_ptr<RetainedStore> store_;
};

inline void ExpectError(const arrow::Status& status, Fault fault, const std::string& duckdb_type,
                        const std::string& text) {
  ASSERT_FALSE(status.ok());
  ASSERT_NE(DetailOf(status), nullptr) << status.ToString();
  EXPECT_EQ(DetailOf(status)->fault(), fault) << status.ToString();
  EXPECT_EQ(DetailOf(status)->duckdb_type(), duckdb_type);
  EXPECT_NE(status.message().find(text), std::string::npos) << status.ToString();
}

}  // namespace skein::core
