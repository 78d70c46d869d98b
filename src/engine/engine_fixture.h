// What the tests of engine and planner are made of: a client's DuckDB, Parquet files, a scripted feed of splits, and
// the way from SQL to rows in words. For tests only.
#pragma once

#include <chrono>
#include <deque>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/mutex.h"
#include "duckdb.hpp"
#include "duckdb/optimizer/optimizer.hpp"
#include "duckdb/parser/parser.hpp"
#include "duckdb/planner/planner.hpp"
#include "engine/block_codec.h"
#include "engine/engine.h"
#include "engine/logical_operators.h"
#include "engine/scalar_functions.h"

namespace skein::core {

/// A private directory, gone with the object.
class TempDir {
 public:
  TempDir() : path_(std::filesystem::temp_directory_path() / ("skein-test-" + RandomHex(8))) {
    std::filesystem::create_directory(path_);
  }
  ~TempDir() { std::filesystem::remove_all(path_); }

  std::string path(const std::string& name) const { return (path_ / name).string(); }
  std::string path() const { return path_.string(); }

 private:
  const std::filesystem::path path_;
};

/// Writes a row, its doubles with 12 digits: sums of doubles depend on the order of their rows.
inline std::string RowText(const duckdb::vector<duckdb::Value>& row) {
  std::string text;
  for (const auto& value : row) {
    const bool is_double = value.type().id() == duckdb::LogicalTypeId::DOUBLE && !value.IsNull();
    text += is_double ? duckdb::StringUtil::Format("%.12g", value.GetValue<double>()) : value.ToString();
    text += "|";
  }
  return text;
}

inline void AppendRows(duckdb::DataChunk& chunk, std::vector<std::string>& rows) {
  for (duckdb::idx_t row = 0; row < chunk.size(); row++) {
    duckdb::vector<duckdb::Value> values;
    for (duckdb::idx_t column = 0; column < chunk.ColumnCount(); column++) {
      values.push_back(chunk.GetValue(column, row));
    }
    rows.push_back(RowText(values));
  }
}

inline std::vector<std::string> RowsOf(duckdb::QueryResult& result) {
  std::vector<std::string> rows;
  while (auto chunk = result.Fetch()) AppendRows(*chunk, rows);
  return rows;
}

/// A plan as DuckDB's optimizer leaves it. The planner owns the numbers of its tables.
struct OptimizedPlan {
  duckdb::unique_ptr<duckdb::Planner> planner;
  duckdb::unique_ptr<duckdb::LogicalOperator> root;

  duckdb::idx_t NewTableIndex() const { return planner->binder->GenerateTableIndex(); }
};

/// The process of a client: DuckDB with Skein's operators known, in a transaction wherever a plan lives.
class ClientDuckDb {
 public:
  ClientDuckDb() : database_(nullptr), connection_(database_) {
    RegisterOperators(*database_.instance);
    RegisterScalarFunctions(*database_.instance);
  }

  duckdb::Connection& connection() { return connection_; }
  duckdb::ClientContext& context() { return *connection_.context; }

  /// Runs statements that must work; returns the rows of the last.
  std::vector<std::string> Ask(const std::string& sql) {
    auto result = connection_.Query(sql);
    EXPECT_FALSE(result->HasError()) << sql << "\n" << (result->HasError() ? result->GetError() : "");
    if (result->HasError()) return {};
    return RowsOf(*result);
  }

  /// Plans one statement. REQUIRES: a transaction, where the plan lives longer than this call.
  OptimizedPlan Optimize(const std::string& sql) {
    OptimizedPlan plan;
    duckdb::Parser parser(context().GetParserOptions());
    parser.ParseQuery(sql);
    plan.planner = duckdb::make_uniq<duckdb::Planner>(context());
    plan.planner->CreatePlan(std::move(parser.statements[0]));
    duckdb::Optimizer optimizer(*plan.planner->binder, context());
    plan.root = optimizer.Optimize(std::move(plan.planner->plan));
    plan.root->ResolveOperatorTypes();
    return plan;
  }

 private:
  duckdb::DuckDB database_;
  duckdb::Connection connection_;
};

/// A feed that gives what the test gives it, when the test gives it. Any thread.
class ScriptedFeed : public SplitFeed {
 public:
  arrow::Result<State> TryTake(ScanId scan, Split& split, std::function<void()> wake) override {
    MutexLock lock(mutex_);
    if (!failure_.ok()) return failure_;
    auto& queue = queues_[scan];
    if (!queue.empty()) {
      split = queue.front();
      queue.pop_front();
      taken_.push_back({scan, split.id});
      return kSplit;
    }
    if (is_closed_) return kExhausted;
    wakes_.push_back(std::move(wake));
    asked_.NotifyAll();
    return kPending;
  }

  void Give(ScanId scan, const std::vector<Split>& splits) {
    Change([&]() REQUIRES(mutex_) { queues_[scan].insert(queues_[scan].end(), splits.begin(), splits.end()); });
  }
  void Close() {
    Change([&]() REQUIRES(mutex_) { is_closed_ = true; });
  }
  void Fail(arrow::Status status) {
    Change([&]() REQUIRES(mutex_) { failure_ = std::move(status); });
  }

  /// Waits until a scan was told to wait; false after 10 s.
  bool WaitUntilAsked() {
    MutexLock lock(mutex_);
    return asked_.WaitFor(mutex_, std::chrono::seconds(10), [this]() REQUIRES(mutex_) { return !wakes_.empty(); });
  }
  std::vector<UnitInput> taken() {
    MutexLock lock(mutex_);
    return taken_;
  }

 private:
  void Change(const std::function<void()>& change) {
    std::vector<std::function<void()>> wakes;
    {
      MutexLock lock(mutex_);
      change();
      wakes.swap(wakes_);
    }
    for (auto& wake : wakes) wake();
  }

  Mutex mutex_;
  ConditionVariable asked_;
  std::map<ScanId, std::deque<Split>> queues_ GUARDED_BY(mutex_);
  std::vector<UnitInput> taken_ GUARDED_BY(mutex_);
  std::vector<std::function<void()>> wakes_ GUARDED_BY(mutex_);
  bool is_closed_ GUARDED_BY(mutex_) = false;
  arrow::Status failure_ GUARDED_BY(mutex_);
};

/// Decodes one block into rows of words.
inline std::vector<std::string> RowsOf(duckdb::ClientContext& context, const Block& block,
                                       const duckdb::vector<duckdb::LogicalType>& types) {
  std::vector<std::string> rows;
  auto decoder = BlockDecoder::Make(context, block.codec, types);
  const auto started = decoder->Start(block);
  EXPECT_TRUE(started.ok()) << started.ToString();
  if (!started.ok()) return rows;
  while (true) {
    duckdb::DataChunk chunk;
    if (!types.empty()) chunk.Initialize(context, types);
    auto more = decoder->Next(chunk);
    EXPECT_TRUE(more.ok()) << more.status().ToString();
    if (!more.ok() || !*more) return rows;
    AppendRows(chunk, rows);
  }
}

/// Reads all blocks that one finished producer task left in `store`, restricted to `range`.
inline std::vector<Block> BlocksOf(RetainedStore& store, const ProducerKey& key, PartitionRange range) {
  std::vector<Block> blocks;
  auto reader = store.Read(key, range);
  EXPECT_TRUE(reader.ok()) << reader.status().ToString();
  while (reader.ok()) {
    auto item = (*reader)->Next(std::chrono::seconds(10));
    EXPECT_TRUE(item.ok() && *item) << item.status().ToString();
    if (!item.ok() || !*item || (*item)->kind == UnitReader::Item::kEnd) break;
    if ((*item)->kind == UnitReader::Item::kBlock) blocks.push_back((*item)->block);
  }
  return blocks;
}

}  // namespace skein::core
