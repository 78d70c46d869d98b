// Rows of the client in the state machine of query_state.h.
#include <gtest/gtest.h>

#include "base/error.h"
#include "coordinator/fakes.h"
#include "coordinator/query_state.h"
#include "worker/wire_convert.h"

namespace skein::core {
namespace {

using Sent = wire::ToWorker;

class FakeObserver : public QueryObserver {
 public:
  void OnProducers(const std::vector<Producer>&) override {}
  void OnFinished(bool) override { finished++; }
  void OnFailed(const arrow::Status& status) override { errors.push_back(status.message()); }

  std::vector<std::string> errors;
  int finished = 0;
};

/// One task on worker 4 reads rows of the client, whose home is worker 7, and feeds the client.
QueryRequest OneStage() {
  QueryRequest request;
  auto& plan = request.plan;
  plan.stages.resize(1);
  plan.stages[0].inputs = {1};
  plan.exchanges.resize(2);
  plan.exchanges[0].consumer = Exchange::kClient;
  plan.exchanges[0].ranges = {PartitionRange::All()};
  plan.exchanges[1].id = 1;
  plan.exchanges[1].producer = Exchange::kClient;
  plan.exchanges[1].ranges = {PartitionRange::All()};
  request.client_inputs[1] = std::make_shared<FakeClientInput>(std::vector<std::string>{"rows"});
  return request;
}

class QueryUploads : public testing::Test {
 protected:
  void Make(QueryRequest request) {
    ASSERT_TRUE(request.plan.Validate().ok()) << request.plan.Validate().ToString();
    for (const uint32_t number : {4u, 7u}) {
      auto& connection = connections_.emplace_back(std::make_shared<FakeConnection>());
      const std::string host = "w" + std::to_string(number);
      workers_.push_back(
          {number, number * Incarnation{10}, host + ":1", host + ":2", 1, uint64_t{1} << 30, connection});
    }
    state_ = std::make_unique<QueryState>(query_, std::move(request), workers_, 0, QueryOptions{}, timers_, uploader_,
                                          observer_);
    state_->Start();
  }
  void MakeRunning() {
    Make(OneStage());
    Grant(0);
    Grant(1);
  }
  void From(size_t worker, const wire::FromWorker& message) {
    state_->OnMessage(workers_[worker].worker, workers_[worker].incarnation, message);
  }
  void Grant(size_t worker) {
    wire::FromWorker message;
    message.mutable_grant()->set_query(query_.ToBytes());
    message.mutable_grant()->set_is_granted(true);
    From(worker, message);
  }
  void FinishTask(uint32_t units_taken, bool is_partial = false) {
    wire::FromWorker message;
    auto& finished = *message.mutable_finished();
    *finished.mutable_name() = ToWire(TaskKey{query_, 0, 0, 0, 40});
    finished.add_units()->set_unit(0);
    finished.set_bytes_out(100);
    auto& ledger = *finished.add_ledgers();
    ledger.set_exchange(1);
    ledger.set_count(units_taken);
    ledger.set_sum(units_taken * IdOf({}));
    ledger.set_exclusive_or(units_taken * IdOf({}));
    ledger.set_is_partial(is_partial);
    From(0, message);
  }
  void Uploaded(arrow::Status status = arrow::Status::OK()) {
    if (!status.ok()) return state_->OnUploaded(1, status);
    UnitTrailer stored;
    stored.parts.push_back({PartitionRange::All(), 1, 1, 4, 0});
    state_->OnUploaded(1, stored);
  }
  QueryInfo Record() const { return state_->record()->Query(timers_.Now()); }
  using Errors = std::vector<std::string>;

  const QueryId query_{1, 2};
  FakeTimers timers_;
  FakeUploader uploader_;
  FakeObserver observer_;
  std::vector<std::shared_ptr<FakeConnection>> connections_;
  std::vector<QueryWorker> workers_;
  std::unique_ptr<QueryState> state_;
};

TEST_F(QueryUploads, AskForAGrantWhereNoTaskRunsAndBeginAfterIt) {
  Make(OneStage());
  Grant(0);
  ASSERT_EQ(connections_[1]->Count(Sent::kGrant), 1u);
  EXPECT_EQ(connections_[1]->sent[0].grant().task_slots(), 0u);
  EXPECT_TRUE(uploader_.uploads.empty());
  Grant(1);
  ASSERT_EQ(uploader_.uploads.size(), 1u);
  EXPECT_EQ(uploader_.uploads[0].address, "w7:2");
  EXPECT_EQ(uploader_.uploads[0].key, (UnitKey{query_, 1, 0, 0, 70, 0}));
  EXPECT_TRUE(uploader_.uploads[0].input->Open().ok());
}

TEST_F(QueryUploads, AreReadAsTheUnitOfOneTaskAtTheirHome) {
  MakeRunning();
  ASSERT_EQ(connections_[0]->Count(Sent::kStart), 1u);
  const auto& input = connections_[0]->sent.back().start().inputs(0);
  EXPECT_EQ(input.exchange(), 1u);
  EXPECT_EQ(input.producer_tasks(), 1u);
  ASSERT_EQ(input.producers_size(), 1);
  EXPECT_EQ(input.producers(0).address(), "w7:2");
  EXPECT_EQ(input.producers(0).incarnation(), 70u);
}

TEST_F(QueryUploads, GiveEachConsumerItsRange) {
  auto request = OneStage();
  request.plan.stages[0].task_count = 2;
  request.plan.exchanges[1].kind = ExchangeKind::kRoundRobin;
  request.plan.exchanges[1].ranges = SplitEvenly(2);
  Make(std::move(request));
  Grant(0);
  Grant(1);
  EXPECT_EQ(FromWire(connections_[1]->sent.back().start().inputs(0).range()), SplitEvenly(2)[1]);
}

TEST_F(QueryUploads, AreWaitedForByTheQuerysEnd) {
  MakeRunning();
  FinishTask(1);
  EXPECT_EQ(observer_.finished, 0);
  Uploaded();
  EXPECT_EQ(observer_.finished, 1);
  EXPECT_EQ(Record().shuffle_bytes, 104u);
}

TEST_F(QueryUploads, CountInWhatIsMovedWhoeverEndsFirst) {
  MakeRunning();
  Uploaded();
  EXPECT_EQ(observer_.finished, 0);
  FinishTask(1);
  EXPECT_EQ(observer_.finished, 1);
  EXPECT_EQ(Record().shuffle_bytes, 104u);
  EXPECT_EQ(observer_.errors, Errors{});
}

TEST_F(QueryUploads, MustHaveBeenTakenWhole) {
  MakeRunning();
  Uploaded();
  FinishTask(0);
  EXPECT_EQ(observer_.errors, Errors{"exchange 1: consumer task 0 took 0 of 1 units"});
}

TEST_F(QueryUploads, AreNotWaitedForWhenAllConsumersStoppedEarly) {
  MakeRunning();
  FinishTask(0, /*is_partial=*/true);
  EXPECT_EQ(observer_.finished, 1);
  EXPECT_TRUE(uploader_.is_cancelled);
  Uploaded(CancelledError("upload cancelled"));
  EXPECT_EQ(observer_.errors, Errors{});
}

TEST_F(QueryUploads, FailTheQueryAtOnce) {
  MakeRunning();
  Uploaded(WorldError("over its disk budget"));
  EXPECT_EQ(observer_.errors, Errors{"over its disk budget"});
  EXPECT_EQ(connections_[0]->Count(Sent::kRelease), 1u);
  EXPECT_EQ(connections_[1]->Count(Sent::kRelease), 1u);
  EXPECT_TRUE(uploader_.is_cancelled);
}

TEST_F(QueryUploads, FailTheQueryWithTheLossThatBrokeThem) {
  MakeRunning();
  Uploaded(Unavailable("connection broke"));
  EXPECT_EQ(observer_.errors, Errors{});
  state_->OnWorkerLost(7, 70, "process ended");
  EXPECT_EQ(observer_.errors, Errors{"worker lost: worker=7 address=w7:1 stage=0 after_ms=0: process ended"});
}

TEST_F(QueryUploads, FailTheQueryWithABrokenConnectionWhenNothingBetterComes) {
  MakeRunning();
  Uploaded(Unavailable("connection broke"));
  FinishTask(1);
  timers_.Advance(std::chrono::milliseconds(500));
  EXPECT_EQ(observer_.errors, Errors{"connection broke"});
  EXPECT_EQ(observer_.finished, 0);
}

TEST_F(QueryUploads, EndWithTheQuery) {
  MakeRunning();
  EXPECT_FALSE(uploader_.is_cancelled);
  state_->Cancel("interrupted");
  EXPECT_TRUE(uploader_.is_cancelled);
}

TEST_F(QueryUploads, TakeTurnsInTheirHomes) {
  const auto request = OneStage();
  const TaskTable first(request.plan, query_, std::vector<QueryWorker>(2), 0);
  const TaskTable second(request.plan, query_, std::vector<QueryWorker>(2), 1);
  EXPECT_TRUE(first.IsHome(1, 1) && second.IsHome(0, 1));
  EXPECT_FALSE(first.IsHome(0, 1) || second.IsHome(1, 1) || first.IsHome(1, 0));
}

TEST(ClientInputs, AreNeededForEachExchangeThatStartsFromTheClient) {
  auto request = OneStage();
  EXPECT_TRUE(CheckClientInputs(request).ok());
  request.client_inputs.clear();
  EXPECT_EQ(CheckClientInputs(request).message(), "exchange 1 has no rows of the client");
}

}  // namespace
}  // namespace skein::core
