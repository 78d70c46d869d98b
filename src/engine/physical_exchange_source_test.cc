#include "engine/physical_exchange_source.h"

#include <set>
#include <thread>

#include <gtest/gtest.h>

#include "engine/fragment_fixture.h"
#include "exchange/local_channel.h"

namespace skein::core {
namespace {

using duckdb::idx_t;

class ExchangeSourceTest : public FragmentFixture {
 protected:
  /// The fragment `SELECT * FROM exchange 3`, whose rows are of `types`.
  Fragment MakeReader(const duckdb::vector<duckdb::LogicalType>& types, bool is_ordered) {
    auto source = duckdb::make_uniq<LogicalExchangeSource>();
    source->exchange = 3;
    source->is_ordered = is_ordered;
    source->output_types = types;
    for (idx_t i = 0; i < types.size(); i++) source->bindings.emplace_back(1, i);
    source->SetEstimatedCardinality(100);
    LogicalExchangeSink sink;
    sink.is_ordered = is_ordered;
    sink.output_types = {duckdb::LogicalType::BIGINT};
    sink.bindings = {duckdb::ColumnBinding(0, 0)};
    sink.children.push_back(std::move(source));
    sink.ResolveOperatorTypes();
    Fragment fragment;
    fragment.types = types;
    client_.connection().BeginTransaction();
    fragment.bytes = EncodeFragment(client_.context(), sink);
    client_.connection().Rollback();
    return fragment;
  }

  /// Runs `sql` as task 0 of the stage that fills exchange 3 of `query`.
  Fragment Produce(const QueryId& query, const std::string& sql, bool is_ordered) {
    const auto fragment = MakeFragment(sql, {}, is_ordered);
    ScriptedFeed feed;
    GiveAll(feed, fragment);
    auto task = MakeTask(feed);
    task.key.query = query;
    task.output = 3;
    auto run = *engine_->Prepare(fragment.bytes, task);
    const auto result = run->Run();
    EXPECT_TRUE(result.ok()) << result.status().ToString();
    return fragment;
  }

  std::unique_ptr<Receiver> MakeReceiver(const QueryId& query, bool is_ordered) {
    ReceiverOptions options;
    options.query = query;
    options.exchange = 3;
    options.producer_tasks = 1;
    options.is_ordered = is_ordered;
    auto receiver = Receiver::Make(options, MakeLocalChannelResolver("here:1", *store_, nullptr));
    receiver->AddProducers({{"here:1", 0, 0, 0, 99}});
    return receiver;
  }

  TaskContext MakeReaderTask(const QueryId& query, Receiver& receiver) {
    auto task = MakeTask(feed_);
    task.key.query = query;
    task.inputs[3] = &receiver;
    return task;
  }

  const QueryId query_ = QueryId::Random();
  ScriptedFeed feed_;
};

TEST_F(ExchangeSourceTest, ReadsAnOrderedExchangeInOrder) {
  const std::string sql = "SELECT i, s, [n] AS l FROM t ORDER BY s, i DESC";
  const auto producer = Produce(query_, sql, true);
  store_->FinishProducer({query_, 3, 0, 0}, arrow::Status::OK());
  auto receiver = MakeReceiver(query_, true);
  const auto outcome = Run(MakeReader(producer.types, true), MakeReaderTask(query_, *receiver));
  ASSERT_TRUE(outcome.status.ok()) << outcome.status.ToString();
  EXPECT_EQ(outcome.rows, client_.Ask(sql));
  EXPECT_EQ(outcome.result.rows_in, 18000u);
}

TEST_F(ExchangeSourceTest, WaitsForAProducerThatFinishesLater) {
  const auto producer = Produce(query_, "SELECT i FROM t", false);
  auto receiver = MakeReceiver(query_, false);
  const auto reader = MakeReader(producer.types, false);
  std::thread finisher([&] { store_->FinishProducer({query_, 3, 0, 0}, arrow::Status::OK()); });
  const auto outcome = Run(reader, MakeReaderTask(query_, *receiver));
  finisher.join();
  ASSERT_TRUE(outcome.status.ok()) << outcome.status.ToString();
  EXPECT_EQ(std::set<std::string>(outcome.rows.begin(), outcome.rows.end()).size(), 18000u);
}

TEST_F(ExchangeSourceTest, AnErrorOfAnExchangeIsReturnedAsItIs) {
  const auto reader = MakeReader({duckdb::LogicalType::BIGINT}, false);
  for (const auto& status : {Unavailable("worker lost: worker=3"), UserError("not a number", "Conversion"),
                             InternalError("coverage is not proved")}) {
    auto receiver = MakeReceiver(query_, false);
    receiver->Fail(status);
    const auto outcome = Run(reader, MakeReaderTask(QueryId::Random(), *receiver));
    ExpectError(outcome.status, DetailOf(status)->fault(), DetailOf(status)->duckdb_type(), status.message());
    EXPECT_EQ(DetailOf(outcome.status)->is_retryable(), DetailOf(status)->is_retryable());
  }
}

TEST_F(ExchangeSourceTest, CancelsWhileItWaitsForAProducer) {
  auto receiver = MakeReceiver(query_, false);
  auto run = *engine_->Prepare(MakeReader({duckdb::LogicalType::BIGINT}, false).bytes,
                               MakeReaderTask(QueryId::Random(), *receiver));
  std::thread canceller([&] { run->Cancel(); });
  const auto start = std::chrono::steady_clock::now();
  const auto result = run->Run();
  canceller.join();
  EXPECT_TRUE(result.status().IsCancelled()) << result.status().ToString();
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(1));
}

TEST_F(ExchangeSourceTest, ATaskWithoutItsInputIsAnInternalError) {
  const auto outcome = Run(MakeReader({duckdb::LogicalType::BIGINT}, false), MakeTask(feed_));
  ExpectError(outcome.status, Fault::kInternal, "", "the task has no input exchange 3");
}

}  // namespace
}  // namespace skein::core
