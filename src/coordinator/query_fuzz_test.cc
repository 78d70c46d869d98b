// Wrong messages from one of a query's two workers, at any moment: the query goes on or ends with one error, and right
// messages end it as ever.

#include <algorithm>
#include <memory>
#include <vector>

#include <gtest/gtest.h>

#include "base/byte_mutator.h"
#include "base/error.h"
#include "coordinator/fakes.h"
#include "coordinator/query_state.h"
#include "coordinator/stage_lines.h"
#include "worker/wire_convert.h"

namespace skein::core {
namespace {

constexpr int kRounds = 4000;
constexpr size_t kHonest = 0, kHostile = 1;

/// Stage 0: two tasks scan and repartition; stage 1: two tasks read that and feed the client.
QueryRequest TwoStages() {
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
  for (SplitId id = 0; id < 6; id++) request.splits[{0, 0}].push_back({.id = id, .payload = "rows", .rows = 1});
  return request;
}

class Observer : public QueryObserver {
 public:
  void OnProducers(const std::vector<Producer>&) override {}
  void OnFinished(bool) override { finished++; }
  void OnFailed(const arrow::Status& status) override { errors.push_back(status); }

  std::vector<arrow::Status> errors;
  int finished = 0;
};

/// A query on two workers, which a test speaks for.
class FuzzedQuery {
 public:
  FuzzedQuery() {
    for (uint32_t number = 0; number < 2; number++) {
      connections_.push_back(std::make_shared<FakeConnection>());
      workers_.push_back({number, Incarnation{10} + number, "w:1", "w:2", 1, 0, connections_.back(), 0});
    }
    state = std::make_unique<QueryState>(query_, TwoStages(), workers_, 0, QueryOptions{}, timers, uploader_, observer);
    state->Start();
  }

  void From(size_t worker, const wire::FromWorker& message) {
    state->OnMessage(workers_[worker].worker, workers_[worker].incarnation, message);
  }
  wire::TaskName Name(StageId stage, size_t task) const {
    return ToWire(TaskKey{query_, stage, static_cast<uint32_t>(task), 0, workers_[task].incarnation});
  }
  wire::FromWorker Granted() const {
    wire::FromWorker message;
    message.mutable_grant()->set_query(query_.ToBytes());
    message.mutable_grant()->set_is_granted(true);
    return message;
  }
  /// The end of a scan task that has read all it was given.
  wire::FromWorker ScanFinished(size_t task) const {
    wire::FromWorker message;
    *message.mutable_finished()->mutable_name() = Name(0, task);
    auto& unit = *message.mutable_finished()->add_units();
    for (const auto& sent : connections_[task]->sent) {
      if (sent.has_splits()) AddSplits(sent.splits().splits(), unit);
      for (const auto& scan : sent.start().scans()) AddSplits(scan, unit);
    }
    return message;
  }
  wire::FromWorker SecondFinished(size_t task) const {
    IdSummary taken;
    for (uint32_t producer = 0; producer < 2; producer++) {
      UnitKey key;
      key.task = producer;
      taken.Add(IdOf(key));
    }
    wire::FromWorker message;
    *message.mutable_finished()->mutable_name() = Name(1, task);
    message.mutable_finished()->add_units();
    auto& ledger = *message.mutable_finished()->add_ledgers();
    ledger.set_count(taken.count);
    ledger.set_sum(taken.sum);
    ledger.set_exclusive_or(taken.exclusive_or);
    auto& operators = *message.mutable_finished()->mutable_operators();
    operators.Add()->set_name("AGGREGATE");
    operators.Add()->set_depth(1);
    return message;
  }
  wire::FromWorker AskForSplits(size_t task, uint32_t count) const {
    wire::FromWorker message;
    *message.mutable_split_request()->mutable_name() = Name(0, task);
    message.mutable_split_request()->set_count(count);
    return message;
  }
  wire::FromWorker Failed(size_t task, const arrow::Status& status) const {
    wire::FromWorker message;
    *message.mutable_failed()->mutable_name() = Name(0, task);
    *message.mutable_failed()->mutable_error() = ToWire(status);
    auto& begun = *message.mutable_failed()->add_begun();
    begun.set_split(1);
    begun.set_is_open(true);
    message.mutable_failed()->add_begun();
    return message;
  }

  /// What both workers say in turn when all goes well.
  static constexpr int kSteps = 8;
  void Step(int step) {
    const auto task = static_cast<size_t>(step % 2);
    if (step < 2) return From(task, Granted());
    if (step < 4) return From(task, AskForSplits(task, UINT32_MAX));
    From(task, step < 6 ? ScanFinished(task) : SecondFinished(task));
  }

  /// One of each message about the tasks of both workers.
  std::vector<wire::FromWorker> Messages() const {
    std::vector<wire::FromWorker> messages{Granted()};
    for (const size_t task : {kHonest, kHostile}) {
      messages.insert(messages.end(), {AskForSplits(task, 1), ScanFinished(task), SecondFinished(task),
                                       Failed(task, UserError("no number")), Failed(task, Unavailable("gone")),
                                       Failed(task, CancelledError("left alone"))});
      auto& progress = *messages.emplace_back().mutable_progress();
      *progress.mutable_name() = Name(1, task);
      progress.set_rows_in(UINT64_MAX);
    }
    return messages;
  }

  FakeTimers timers;
  Observer observer;
  std::unique_ptr<QueryState> state;

 private:
  static void AddSplits(const wire::ScanSplits& given, wire::UnitInputs& unit) {
    for (const auto& split : given.splits()) {
      unit.add_scans(given.scan());
      unit.add_splits(split.id());
    }
  }

  const QueryId query_ = QueryId::Random();
  FakeUploader uploader_;
  std::vector<std::shared_ptr<FakeConnection>> connections_;
  std::vector<QueryWorker> workers_;
};

void ExpectOneEnd(FuzzedQuery& query) {
  query.timers.Advance(std::chrono::minutes(1));
  ASSERT_EQ(query.observer.finished + query.observer.errors.size(), 1u);
  for (const auto& error : query.observer.errors) EXPECT_FALSE(error.ok());
  for (const auto& stage : query.state->record()->Stages()) EXPECT_FALSE(FigureLines(stage).empty());
  query.state->Cancel("the client has left");
  EXPECT_TRUE(query.state->is_released());
  EXPECT_TRUE(query.timers.is_empty());
}

TEST(QueryFuzz, EndsOnceWhateverAWorkerSays) {
  ByteMutator mutator(7);
  int understood = 0, finished = 0, failed = 0;
  for (int round = 0; round < FuzzRounds(kRounds); round++) {
    FuzzedQuery query;
    const auto moment = static_cast<int>(mutator.Below(FuzzedQuery::kSteps));
    for (int step = 0; step < FuzzedQuery::kSteps; step++) {
      const auto messages = query.Messages();
      for (size_t count = step == moment ? 1 + mutator.Below(8) : 0; count > 0; count--) {
        wire::FromWorker wrong;
        const auto& right = messages[mutator.Below(messages.size())];
        if (!wrong.ParseFromString(mutator.Mutate(right.SerializeAsString()))) continue;
        understood++;
        query.From(kHostile, wrong);
      }
      query.Step(step);
    }
    ASSERT_NO_FATAL_FAILURE(ExpectOneEnd(query)) << "round " << round;
    (query.observer.finished > 0 ? finished : failed)++;
  }
  EXPECT_GT(understood, 0);
  EXPECT_GT(finished, 0);
  EXPECT_GT(failed, 0);
}

TEST(QueryFuzz, IgnoresWhatAWorkerSaysAboutTheTasksOfAnother) {
  FuzzedQuery query;
  for (int step = 0; step < FuzzedQuery::kSteps; step++) {
    query.From(kHostile, query.AskForSplits(kHonest, 6));
    query.From(kHostile, query.Failed(kHonest, UserError("no number")));
    query.From(kHostile, query.Failed(kHonest, InternalError("broken")));
    query.From(kHostile, query.ScanFinished(kHonest));
    query.From(kHostile, query.SecondFinished(kHonest));
    query.Step(step);
  }
  EXPECT_TRUE(query.observer.errors.empty());
  EXPECT_EQ(query.observer.finished, 1);
}

TEST(QueryFuzz, ShowsNoOperatorsThatAreNoTree) {
  FuzzedQuery query;
  for (int step = 0; step < 7; step++) query.Step(step);
  auto last = query.SecondFinished(kHostile);
  last.mutable_finished()->mutable_operators(1)->set_depth(UINT32_MAX / 4);
  query.From(kHostile, last);
  ASSERT_EQ(query.observer.finished, 1);
  EXPECT_EQ(query.state->record()->Stages()[1].profile.size(), 2u);  // those of the honest worker
}

TEST(QueryFuzz, AnswersAFloodOfRequestsWithNoMoreThanThereIs) {
  FuzzedQuery query;
  query.Step(0);
  query.Step(1);
  for (int i = 0; i < 10000; i++) query.From(kHostile, query.AskForSplits(kHostile, UINT32_MAX));
  for (int step = 2; step < FuzzedQuery::kSteps; step++) query.Step(step);
  EXPECT_TRUE(query.observer.errors.empty());
  EXPECT_EQ(query.observer.finished, 1);
}

}  // namespace
}  // namespace skein::core
