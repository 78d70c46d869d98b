#include "coordinator/query_state.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "coordinator/fakes.h"
#include "worker/wire_convert.h"

namespace skein::core {
namespace {

using std::chrono::milliseconds;
using Sent = wire::ToWorker;

class FakeObserver : public QueryObserver {
 public:
  void OnProducers(const std::vector<Producer>& given) override { producers = given; }
  void OnFinished(bool is_client_checked) override { (is_client_checked ? checked : finished)++; }
  void OnFailed(const arrow::Status& status) override { errors.push_back(status); }

  std::vector<Producer> producers;
  std::vector<arrow::Status> errors;
  int finished = 0;
  int checked = 0;
};

/// Stage 0: two tasks scan and repartition; stage 1: two tasks read that and feed the client.
QueryRequest TwoStages(uint32_t splits) {
  QueryRequest request;
  auto& plan = request.plan;
  plan.stages.resize(2);
  plan.stages[0].task_count = 2;
  plan.stages[0].scans = {{0, "lineitem"}};
  plan.stages[1].id = 1;
  plan.stages[1].task_count = 2;
  plan.stages[1].inputs = {0};
  plan.stages[1].output = 1;
  plan.exchanges.resize(2);
  plan.exchanges[0].kind = ExchangeKind::kHash;
  plan.exchanges[0].consumer = 1;
  plan.exchanges[0].ranges = SplitEvenly(2);
  plan.exchanges[1].id = 1;
  plan.exchanges[1].producer = 1;
  plan.exchanges[1].consumer = Exchange::kClient;
  plan.exchanges[1].ranges = {PartitionRange::All()};
  request.fragments = {{0, "scan"}, {1, "aggregate"}};
  for (SplitId id = 0; id < splits; id++) request.splits[{0, 0}].push_back({.id = id, .payload = "rows", .rows = 1});
  return request;
}

IdSummary SummaryOf(const std::vector<uint32_t>& tasks) {
  IdSummary summary;
  for (const uint32_t task : tasks) {
    UnitKey key;
    key.task = task;
    summary.Add(IdOf(key));
  }
  return summary;
}

constexpr uint64_t kWorkerMemoryBytes = uint64_t{40} << 20;

class QueryStateTest : public testing::Test {
 protected:
  /// Places the query on workers 4 and 7 (incarnations 40 and 70).
  void Make(QueryRequest request) {
    for (const uint32_t number : {4u, 7u}) {
      auto& connection = connections_.emplace_back(std::make_shared<FakeConnection>());
      const std::string host = "w" + std::to_string(number);
      workers_.push_back(
          {number, number * Incarnation{10}, host + ":1", host + ":2", 1, kWorkerMemoryBytes, connection, task_slots_});
    }
    state_ = std::make_unique<QueryState>(query_, std::move(request), workers_, 0, QueryOptions{}, timers_, uploader_,
                                          observer_);
    state_->Start();
  }
  void MakeRunning(uint32_t splits = 4) {
    Make(TwoStages(splits));
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
  TaskKey Key(StageId stage, uint32_t task) const { return {query_, stage, task, 0, workers_[task].incarnation}; }

  /// The end of a scan task that has read all it was given at the start.
  wire::FromWorker ScanFinished(uint32_t task) const {
    wire::FromWorker message;
    auto& finished = *message.mutable_finished();
    *finished.mutable_name() = ToWire(Key(0, task));
    auto& unit = *finished.add_units();
    for (const auto& sent : connections_[task]->sent) {
      const auto& scans = sent.has_splits()               ? sent.splits().splits()
                          : sent.start().scans_size() > 0 ? sent.start().scans(0)
                                                          : wire::ScanSplits();
      for (const auto& split : scans.splits()) {
        unit.add_scans(0);
        unit.add_splits(split.id());
      }
    }
    return message;
  }
  wire::FromWorker SecondFinished(uint32_t task, const IdSummary& taken) const {
    wire::FromWorker message;
    auto& finished = *message.mutable_finished();
    *finished.mutable_name() = ToWire(Key(1, task));
    finished.add_units()->set_unit(0);
    auto& ledger = *finished.add_ledgers();
    ledger.set_exchange(0);
    ledger.set_count(taken.count);
    ledger.set_sum(taken.sum);
    ledger.set_exclusive_or(taken.exclusive_or);
    return message;
  }
  void FinishAll() {
    for (const uint32_t task : {0u, 1u}) From(task, ScanFinished(task));
    for (const uint32_t task : {0u, 1u}) From(task, SecondFinished(task, SummaryOf({0, 1})));
  }
  wire::FromWorker Failed(StageId stage, uint32_t task, const arrow::Status& status) const {
    wire::FromWorker message;
    *message.mutable_failed()->mutable_name() = ToWire(Key(stage, task));
    *message.mutable_failed()->mutable_error() = ToWire(status);
    return message;
  }
  /// The end of scan task `task` by an error of the data in `split`, the only one that it had begun.
  wire::FromWorker FailedAt(uint32_t task, SplitId split, const std::string& text) const {
    auto message = Failed(0, task, UserError(text, "Conversion"));
    message.mutable_failed()->set_split(split);
    message.mutable_failed()->add_begun()->set_split(split);
    message.mutable_failed()->mutable_begun(0)->set_is_open(true);
    return message;
  }
  std::string error() const { return observer_.errors.empty() ? "" : observer_.errors[0].message(); }
  size_t Releases(size_t worker) const { return connections_[worker]->Count(Sent::kRelease); }

  const QueryId query_{1, 2};
  FakeTimers timers_;
  FakeUploader uploader_;
  FakeObserver observer_;
  std::vector<std::shared_ptr<FakeConnection>> connections_;
  std::vector<QueryWorker> workers_;
  uint32_t task_slots_ = 0;  // of each worker; 0: unknown
  std::unique_ptr<QueryState> state_;
};

// ---- grants

TEST_F(QueryStateTest, AsksForGrantsInOrderOneAfterAnother) {
  Make(TwoStages(4));
  ASSERT_EQ(connections_[0]->Count(Sent::kGrant), 1u);
  EXPECT_EQ(connections_[0]->sent[0].grant().task_slots(), 2u);
  EXPECT_EQ(connections_[0]->sent[0].grant().deadline_ms(), 30000u);
  EXPECT_TRUE(connections_[1]->sent.empty());
  Grant(0);
  Grant(0);  // delivered twice
  EXPECT_EQ(connections_[1]->Count(Sent::kGrant), 1u);
  EXPECT_EQ(connections_[0]->Count(Sent::kStart), 0u);
  Grant(1);
  EXPECT_EQ(connections_[0]->Count(Sent::kStart), 2u);
  EXPECT_EQ(connections_[1]->Count(Sent::kStart), 2u);
}

TEST_F(QueryStateTest, AsksASmallWorkerForHalfOfItsMemoryAtMost) {
  Make(TwoStages(4));
  const auto& grant = connections_[0]->sent.at(0).grant();
  EXPECT_EQ(grant.task_slots(), 2u);
  EXPECT_EQ(grant.memory_bytes(), kWorkerMemoryBytes / 2);
}

TEST_F(QueryStateTest, FailsBeforeItAsksWhenAWorkerHasFewerSlotsThanTasks) {
  task_slots_ = 1;
  Make(TwoStages(4));
  EXPECT_EQ(error(),
            "the query has more tasks on a worker than it admits: tasks=2 limit=1 worker=4 address=w4:1; use fewer "
            "partitions or more workers");
  EXPECT_EQ(connections_[0]->Count(Sent::kGrant), 0u);
  EXPECT_TRUE(state_->is_released() && timers_.is_empty());
}

TEST_F(QueryStateTest, AsksWorkersThatHaveJustEnoughSlots) {
  task_slots_ = 2;
  Make(TwoStages(4));
  EXPECT_EQ(connections_[0]->Count(Sent::kGrant), 1u);
}

TEST_F(QueryStateTest, FailsAndReleasesWhenAGrantIsRefused) {
  Make(TwoStages(4));
  Grant(0);
  wire::FromWorker refusal;
  *refusal.mutable_grant()->mutable_error() = ToWire(WorldError("too large"));
  From(1, refusal);
  EXPECT_EQ(error(), "too large");
  EXPECT_EQ(Releases(0), 1u);
  EXPECT_EQ(Releases(1), 1u);
  EXPECT_TRUE(state_->is_released() && timers_.is_empty());
}

TEST_F(QueryStateTest, FailsWhenNoGrantComesInTime) {
  Make(TwoStages(4));
  timers_.Advance(milliseconds(31000));
  EXPECT_EQ(error(), "no grant in time: worker=4 address=w4:1 after_ms=30500");
  EXPECT_EQ(Releases(0), 1u);
  EXPECT_EQ(Releases(1), 0u);  // was never asked
}

TEST_F(QueryStateTest, AsksOnlyWorkersThatGetATask) {
  auto request = TwoStages(0);
  request.plan.stages.erase(request.plan.stages.begin() + 1);
  request.plan.exchanges.resize(1);
  request.plan.exchanges[0].kind = ExchangeKind::kGather;
  request.plan.exchanges[0].consumer = Exchange::kClient;
  request.plan.exchanges[0].ranges = {PartitionRange::All()};
  request.plan.stages[0].task_count = 1;
  Make(std::move(request));
  Grant(0);
  EXPECT_EQ(connections_[0]->Count(Sent::kStart), 1u);
  EXPECT_TRUE(connections_[1]->sent.empty());
}

// ---- progress

TEST_F(QueryStateTest, ShowsTheRowsOfARunningTask) {
  MakeRunning();
  wire::FromWorker message;
  *message.mutable_progress()->mutable_name() = ToWire(Key(0, 1));
  message.mutable_progress()->set_rows_in(30);
  message.mutable_progress()->set_rows_out(20);
  From(1, message);
  const auto task = state_->record()->Tasks().at(1);
  EXPECT_EQ(task.rows_in, 30u);
  EXPECT_EQ(task.rows_out, 20u);
  EXPECT_EQ(task.state, "running");
}

TEST_F(QueryStateTest, IgnoresProgressOfATaskThatHasFinished) {
  MakeRunning();
  From(0, ScanFinished(0));
  wire::FromWorker message;
  *message.mutable_progress()->mutable_name() = ToWire(Key(0, 0));
  message.mutable_progress()->set_rows_in(30);
  From(0, message);
  EXPECT_EQ(state_->record()->Tasks().at(0).rows_in, 0u);
}

// ---- tasks

TEST_F(QueryStateTest, StartsTasksWithInputsOutputsAndSplits) {
  MakeRunning(6);
  const auto& scan = connections_[1]->sent[1].start();
  EXPECT_EQ(scan.fragment(), "scan");
  EXPECT_EQ(scan.output().ranges_size(), 2);
  ASSERT_EQ(scan.scans_size(), 1);
  EXPECT_EQ(scan.scans(0).splits_size(), 2);  // twice the threads of the worker
  EXPECT_FALSE(scan.scans(0).is_last());
  const auto& second = connections_[1]->sent[2].start();
  EXPECT_EQ(FromWire(second.name()).ValueOrDie(), Key(1, 1));
  ASSERT_EQ(second.inputs_size(), 1);
  EXPECT_EQ(FromWire(second.inputs(0).range()), SplitEvenly(2)[1]);
  EXPECT_EQ(second.inputs(0).producer_tasks(), 2u);
  EXPECT_EQ(second.inputs(0).producers(0).address(), "w4:2");
  ASSERT_EQ(observer_.producers.size(), 2u);
  EXPECT_EQ(observer_.producers[1].incarnation, 70u);
}

TEST_F(QueryStateTest, GivesFurtherSplitsWhenAskedAndSaysWhichAreTheLast) {
  MakeRunning(6);
  wire::FromWorker ask;
  *ask.mutable_split_request()->mutable_name() = ToWire(Key(0, 1));
  ask.mutable_split_request()->set_count(1);
  From(1, ask);
  EXPECT_FALSE(connections_[1]->sent.back().splits().splits().is_last());
  From(1, ask);
  EXPECT_EQ(connections_[1]->sent.back().splits().splits().splits_size(), 1);
  EXPECT_TRUE(connections_[1]->sent.back().splits().splits().is_last());
  From(1, ask);
  EXPECT_EQ(connections_[1]->sent.back().splits().splits().splits_size(), 0);
}

TEST_F(QueryStateTest, FinishesOnlyAfterAllTasksAndReleasesOnlyAfterTheClient) {
  MakeRunning();
  for (const uint32_t task : {0u, 1u}) From(task, ScanFinished(task));
  From(0, SecondFinished(0, SummaryOf({0, 1})));
  EXPECT_EQ(observer_.finished, 0);
  From(1, SecondFinished(1, SummaryOf({0, 1})));
  EXPECT_EQ(error(), "");
  EXPECT_EQ(observer_.finished, 1);
  EXPECT_EQ(Releases(0), 0u);
  state_->OnClientTaken(SummaryOf({0, 1}));
  EXPECT_EQ(observer_.checked, 1);
  EXPECT_EQ(Releases(0), 1u);
  EXPECT_EQ(connections_[0]->sent.back().release().reason(), "");
  EXPECT_EQ(state_->record()->Query(timers_.Now()).state, "finished");
}

TEST_F(QueryStateTest, TakesARepeatedEndOfATaskOnce) {
  MakeRunning();
  From(0, ScanFinished(0));
  From(0, ScanFinished(0));
  EXPECT_EQ(error(), "");
}

// ---- checks

TEST_F(QueryStateTest, FailsWhenAConsumerTookOtherUnitsThanWereMade) {
  MakeRunning();
  for (const uint32_t task : {0u, 1u}) From(task, ScanFinished(task));
  From(1, SecondFinished(1, SummaryOf({0})));
  EXPECT_EQ(error(), "exchange 0: consumer task 1 took 1 of 2 units");
  EXPECT_EQ(DetailOf(observer_.errors[0])->fault(), Fault::kInternal);
}

TEST_F(QueryStateTest, ComparesLedgersThatComeBeforeTheirProducers) {
  MakeRunning();
  From(1, SecondFinished(1, SummaryOf({0, 0})));
  From(0, ScanFinished(0));
  EXPECT_EQ(error(), "");
  From(1, ScanFinished(1));
  EXPECT_EQ(error(), "exchange 0: consumer task 1 took 2 of 2 units, but others than were made");
}

TEST_F(QueryStateTest, FailsWhenTheClientTookFewerUnitsThanWereMade) {
  MakeRunning();
  FinishAll();
  state_->OnClientTaken(SummaryOf({1}));
  EXPECT_EQ(error(), "exchange 1: the client took 1 of 2 units");
}

TEST_F(QueryStateTest, FailsWhenATaskReportsNoLedger) {
  MakeRunning();
  for (const uint32_t task : {0u, 1u}) From(task, ScanFinished(task));
  From(0, SecondFinished(0, SummaryOf({0, 1})));
  auto silent = SecondFinished(1, SummaryOf({0, 1}));
  silent.mutable_finished()->clear_ledgers();
  From(1, silent);
  EXPECT_EQ(error(), "exchange 0: consumer task 1 reported no ledger");
}

TEST_F(QueryStateTest, ClaimsNoCoverageForAConsumerThatStoppedEarly) {
  MakeRunning();
  for (const uint32_t task : {0u, 1u}) From(task, ScanFinished(task));
  From(0, SecondFinished(0, SummaryOf({0, 1})));
  auto partial = SecondFinished(1, SummaryOf({0}));
  partial.mutable_finished()->mutable_ledgers(0)->set_is_partial(true);
  From(1, partial);
  EXPECT_EQ(error(), "");
  EXPECT_EQ(observer_.finished, 1);
}

TEST_F(QueryStateTest, FailsWhenASplitIsMissing) {
  MakeRunning(2);
  auto finished = ScanFinished(0);
  finished.mutable_finished()->clear_units();
  From(0, finished);
  EXPECT_EQ(error(), "a split was given and not read: stage=0 scan=0 split=0 task=0 attempt=0");
}

// ---- errors

TEST_F(QueryStateTest, FailsOnceWithTheErrorOfATaskAndReleasesEverywhere) {
  MakeRunning();
  From(0, ScanFinished(0));
  From(1, Failed(0, 1, UserError("'x' is no number", "Conversion")));
  From(1, Failed(1, 1, UserError("another", "Conversion")));
  ASSERT_EQ(observer_.errors.size(), 1u);
  EXPECT_EQ(error(), "'x' is no number");
  EXPECT_EQ(DetailOf(observer_.errors[0])->duckdb_type(), "Conversion");
  EXPECT_EQ(Releases(0), 1u);
  EXPECT_EQ(Releases(1), 1u);
  EXPECT_EQ(state_->record()->Query(timers_.Now()).error, "'x' is no number");
}

TEST_F(QueryStateTest, PrefersTheUsersErrorToThoseThatFollowFromIt) {
  MakeRunning();
  From(0, Failed(1, 0, CancelledError("producer failed")));
  From(1, Failed(1, 1, Unavailable("stream broke")));
  From(1, Failed(0, 1, UserError("division by zero")));
  From(0, Failed(0, 0, CancelledError("producer failed")));
  ASSERT_EQ(observer_.errors.size(), 1u);
  EXPECT_EQ(error(), "division by zero");
}

TEST_F(QueryStateTest, FailsWithTheErrorOfTheLowerSplitThatComesFirst) {
  MakeRunning();
  From(0, FailedAt(0, 0, "split 0"));
  EXPECT_TRUE(observer_.errors.empty());
  From(1, FailedAt(1, 1, "split 1"));
  EXPECT_EQ(error(), "split 0");
}

TEST_F(QueryStateTest, FailsWithTheErrorOfTheLowerSplitThatComesLast) {
  MakeRunning();
  From(1, FailedAt(1, 1, "split 1"));
  From(0, FailedAt(0, 0, "split 0"));
  EXPECT_EQ(error(), "split 0");
}

TEST_F(QueryStateTest, FailsWithTheFirstKnownErrorWhenAnotherTaskHangs) {
  MakeRunning();
  From(1, FailedAt(1, 1, "split 1"));
  timers_.Advance(milliseconds(1999));
  EXPECT_TRUE(observer_.errors.empty());
  timers_.Advance(milliseconds(1));
  EXPECT_EQ(error(), "split 1");
}

TEST_F(QueryStateTest, RunsSplitsOfAFailedTaskAgainInPlainOrder) {
  MakeRunning(6);
  auto failed = FailedAt(1, 3, "split 3");
  auto& begun = *failed.mutable_failed()->add_begun();
  begun.set_split(1);
  begun.set_is_open(true);
  From(1, failed);
  const auto& again = connections_[1]->sent.back().start();
  EXPECT_EQ(again.name().attempt(), 1u);
  EXPECT_TRUE(again.is_in_plain_order() && again.scans(0).is_last());
  ASSERT_EQ(again.scans(0).splits_size(), 2);
  EXPECT_EQ(again.scans(0).splits(0).id(), 1u);
}

TEST_F(QueryStateTest, GivesNoSplitBehindAnErrorOfTheData) {
  MakeRunning(6);  // of which two each are given
  From(1, FailedAt(1, 3, "split 3"));
  wire::FromWorker ask;
  *ask.mutable_split_request()->mutable_name() = ToWire(Key(0, 0));
  ask.mutable_split_request()->set_count(1);
  From(0, ask);
  EXPECT_EQ(connections_[0]->sent.back().splits().splits().splits_size(), 0);
  EXPECT_TRUE(connections_[0]->sent.back().splits().splits().is_last());
}

TEST_F(QueryStateTest, EndsAtOnceWithALossAlthoughAnErrorOfTheDataIsKnown) {
  MakeRunning();
  From(1, FailedAt(1, 1, "split 1"));
  state_->OnWorkerLost(4, 40, "gone");
  EXPECT_TRUE(DetailOf(observer_.errors.at(0))->is_retryable());
}

TEST_F(QueryStateTest, EndsAtOnceWhenMemoryIsShort) {
  MakeRunning();
  From(1, Failed(0, 1, UserError("too much", "Out of Memory")));
  EXPECT_EQ(error(), "too much");
}

TEST_F(QueryStateTest, FailsWithABrokenStreamWhenNothingBetterComes) {
  MakeRunning();
  From(0, Failed(1, 0, CancelledError("producer failed")));
  From(1, Failed(1, 1, Unavailable("stream broke")));
  EXPECT_TRUE(observer_.errors.empty());
  timers_.Advance(milliseconds(500));
  EXPECT_EQ(error(), "stream broke");
}

TEST_F(QueryStateTest, NeverTakesACancellationOfATaskForOneOfTheUser) {
  MakeRunning();
  From(0, Failed(1, 0, CancelledError("producer failed")));
  timers_.Advance(milliseconds(4999));
  EXPECT_TRUE(observer_.errors.empty());
  timers_.Advance(milliseconds(1));
  ASSERT_EQ(observer_.errors.size(), 1u);
  EXPECT_FALSE(observer_.errors[0].IsCancelled());
  EXPECT_NE(error().find("its reason did not arrive"), std::string::npos) << error();
}

TEST_F(QueryStateTest, FailsWhenTheClientCannotReadEvenAfterAllTasksFinished) {
  MakeRunning();
  state_->OnClientFailed(Unavailable("connection reset"));
  FinishAll();
  timers_.Advance(milliseconds(500));
  EXPECT_EQ(error(), "connection reset");
  EXPECT_EQ(Releases(1), 1u);
}

// ---- losses

TEST_F(QueryStateTest, NamesALostWorker) {
  MakeRunning();
  timers_.Advance(milliseconds(1200));
  From(0, Failed(1, 0, Unavailable("stream broke")));
  state_->OnWorkerLost(7, 70, "stream ended (process ended by signal 9)");
  EXPECT_EQ(error(),
            "worker lost: worker=7 address=w7:1 stage=0 after_ms=1200: stream ended (process ended by signal 9)");
  EXPECT_TRUE(DetailOf(observer_.errors[0])->is_retryable());
  EXPECT_EQ(Releases(0), 1u);
}

TEST_F(QueryStateTest, IgnoresTheLossOfAnotherIncarnation) {
  MakeRunning();
  state_->OnWorkerLost(7, 69, "old");
  EXPECT_TRUE(observer_.errors.empty());
}

TEST_F(QueryStateTest, IgnoresMessagesOfAnotherIncarnationOrAttempt) {
  MakeRunning();
  auto stale = Failed(0, 1, UserError("late"));
  stale.mutable_failed()->mutable_name()->set_incarnation(69);
  From(1, stale);
  auto other = Failed(0, 1, UserError("late"));
  other.mutable_failed()->mutable_name()->set_attempt(1);
  From(1, other);
  state_->OnMessage(7, 69, Failed(0, 1, UserError("late")));
  EXPECT_TRUE(observer_.errors.empty());
}

TEST_F(QueryStateTest, IgnoresLateMessagesAfterALoss) {
  MakeRunning();
  state_->OnWorkerLost(7, 70, "gone");
  const size_t sent = connections_[1]->sent.size();
  From(1, ScanFinished(1));
  From(1, Failed(1, 1, UserError("late")));
  EXPECT_EQ(observer_.errors.size(), 1u);
  EXPECT_EQ(connections_[1]->sent.size(), sent);
}

TEST_F(QueryStateTest, NeedsAfterTheEndOnlyWorkersThatHoldTheResult) {
  MakeRunning();
  FinishAll();
  state_->OnClientTaken(SummaryOf({0, 1}));
  state_->OnWorkerLost(7, 70, "gone");
  EXPECT_TRUE(observer_.errors.empty());
}

// ---- the client

TEST_F(QueryStateTest, EndsWellWhenTheClientWantsNoMore) {
  MakeRunning();
  state_->OnClientStopped();
  EXPECT_EQ(observer_.checked, 1);
  EXPECT_TRUE(observer_.errors.empty());
  EXPECT_EQ(Releases(0), 1u);
  EXPECT_EQ(Releases(1), 1u);
}

TEST_F(QueryStateTest, IsCancelledEverywhere) {
  MakeRunning();
  state_->Cancel("interrupted");
  ASSERT_EQ(observer_.errors.size(), 1u);
  EXPECT_TRUE(observer_.errors[0].IsCancelled());
  EXPECT_EQ(connections_[1]->sent.back().release().reason(), "interrupted");
  EXPECT_EQ(state_->record()->Query(timers_.Now()).state, "cancelled");
  for (const auto& task : state_->record()->Tasks()) EXPECT_EQ(task.state, "cancelled");
}

TEST_F(QueryStateTest, ReleasesAFinishedQueryWhoseClientLeaves) {
  MakeRunning();
  FinishAll();
  state_->Cancel("closed");
  EXPECT_EQ(Releases(0), 1u);
  EXPECT_EQ(state_->record()->Query(timers_.Now()).state, "finished");
  ASSERT_EQ(observer_.errors.size(), 1u);
  EXPECT_TRUE(observer_.errors[0].IsCancelled());
}

}  // namespace
}  // namespace skein::core
