#include "extension/remote_query.h"

#include "coordinator/query_execution.h"
#include "duckdb/execution/physical_plan_generator.hpp"
#include "duckdb/parallel/meta_pipeline.hpp"
#include "duckdb/parallel/pipeline.hpp"
#include "duckdb/parallel/task_scheduler.hpp"
#include "engine/error_bridge.h"
#include "engine/physical_exchange_source.h"
#include "engine/wakeable.h"
#include "extension/client_sink.h"
#include "extension/encode_query.h"
#include "extension/instance_state.h"
#include "extension/interrupt_watch.h"
#include "extension/settings.h"
#include "extension/started_queries.h"

namespace skein::core {
namespace {

QueryRequest MakeRequest(duckdb::ClientContext& context, const PlannedQuery& query,
                         const duckdb::PhysicalOperator& remote) {
  auto request = EncodeQuery(context, query);
  for (const auto& child : remote.children) {
    const auto& sink = child.get().Cast<PhysicalClientSink>();
    request.client_inputs[sink.exchange()] = sink.CollectedInput();
  }
  request.sql = context.GetCurrentQuery();
  return request;
}

std::unique_ptr<QueryExecution> StartQuery(duckdb::ClientContext& context, const PlannedQuery& query,
                                           const duckdb::PhysicalOperator& remote, RemoteRun* run) {
  QueryRequest request;
  const auto made = CatchDuckDb([&] {
    request = MakeRequest(context, query, remote);
    return arrow::Status::OK();
  });
  if (!made.ok()) ThrowForDuckDb(made);
  auto cluster = InstanceState::Get(context).StartedCluster();
  if (!cluster.ok()) ThrowForDuckDb(cluster.status());
  const auto ready = (*cluster)->EnsureReady();
  if (!ready.ok()) ThrowForDuckDb(ready);
  request.is_profiled = run != nullptr;
  request.task_timeout = TaskTimeoutOf(context);
  auto execution = (*cluster)->Execute(std::move(request));
  if (!execution.ok()) ThrowForDuckDb(execution.status());
  if (run != nullptr) run->Note((*execution)->id());
  const auto started = context.registered_state->Get<StartedQueries>(StartedQueries::kName);
  if (started) started->Note((*execution)->id());
  return std::move(*execution);
}

class GlobalState : public duckdb::GlobalSourceState {
 public:
  GlobalState(duckdb::ClientContext& context, const PlannedQuery& query, const duckdb::PhysicalOperator& remote,
              RemoteRun* run, bool is_ordered)
      : execution(StartQuery(context, query, remote, run)), wakeable(*this) {
    const auto threads = duckdb::TaskScheduler::GetScheduler(context).NumberOfThreads();
    max_threads = is_ordered ? 1 : static_cast<duckdb::idx_t>(threads);
    watch = std::make_unique<InterruptWatch>(context, [this] { execution->Cancel("interrupted by the user"); });
  }
  ~GlobalState() override {
    watch.reset();
    wakeable.Detach();
  }
  duckdb::idx_t MaxThreads() override { return max_threads; }

  std::unique_ptr<QueryExecution> execution;
  Wakeable wakeable;
  duckdb::idx_t max_threads = 1;
  std::unique_ptr<InterruptWatch> watch;
};

class LocalState : public duckdb::LocalSourceState {
 public:
  LocalState(duckdb::ClientContext& context, const duckdb::vector<duckdb::LogicalType>& types)
      : reader(context, types) {}
  BlockReader reader;
};

// Rows count as an answer only once every task has finished and every ledger agreed.
arrow::Result<BlockReader::State> NextOrEnd(GlobalState& global, BlockReader& reader, const std::function<void()>& wake,
                                            duckdb::DataChunk& chunk) {
  ARROW_ASSIGN_OR_RAISE(auto state, reader.Next(global.execution->result(), wake, chunk));
  if (state != BlockReader::State::kFinished) return state;
  ARROW_ASSIGN_OR_RAISE(const bool is_finished, global.execution->TryFinish(wake));
  return is_finished ? BlockReader::State::kFinished : BlockReader::State::kBlocked;
}

// An INTERNAL error of DuckDB while a block is read must not reach the user's instance as such.
arrow::Result<BlockReader::State> NextCaught(GlobalState& global, BlockReader& reader,
                                             const std::function<void()>& wake, duckdb::DataChunk& chunk) {
  auto state = BlockReader::State::kBlocked;
  ARROW_RETURN_NOT_OK(CatchDuckDb([&] { return NextOrEnd(global, reader, wake, chunk).Value(&state); }));
  return state;
}

// The tree itself does not fit DuckDB's boxes: EXPLAIN shows it in a row of its own.
duckdb::InsertionOrderPreservingMap<std::string> SizeOf(const DistributedPlan& plan) {
  uint32_t tasks = 0;
  for (const auto& stage : plan.stages) tasks += stage.task_count;
  duckdb::InsertionOrderPreservingMap<std::string> params;
  params["Stages"] = std::to_string(plan.stages.size());
  params["Tasks"] = std::to_string(tasks);
  return params;
}

}  // namespace

duckdb::PhysicalOperator& LogicalRemoteQuery::CreatePlan(duckdb::ClientContext&,
                                                         duckdb::PhysicalPlanGenerator& planner) {
  auto& remote = planner.Make<PhysicalRemoteQuery>(RunTypes(), estimated_cardinality, query_, run_);
  for (auto& child : children) remote.children.push_back(planner.CreatePlan(*child));
  return remote;
}

void LogicalRemoteQuery::SetQuery(std::shared_ptr<PlannedQuery> planned) {
  query_ = std::move(planned);
  for (auto& input : query_->client_inputs) {
    const auto& ranges = query_->plan.exchange(input.exchange).ranges;
    children.push_back(duckdb::make_uniq<LogicalClientSink>(std::move(input), ranges));
  }
  query_->client_inputs.clear();
}

std::shared_ptr<RemoteRun> LogicalRemoteQuery::NoteRuns() {
  if (!run_) run_ = std::make_shared<RemoteRun>();
  return run_;
}

duckdb::InsertionOrderPreservingMap<std::string> LogicalRemoteQuery::ParamsToString() const {
  return SizeOf(query_->plan);
}

PhysicalRemoteQuery::PhysicalRemoteQuery(duckdb::PhysicalPlan& plan, duckdb::vector<duckdb::LogicalType> types,
                                         duckdb::idx_t estimated_cardinality, std::shared_ptr<PlannedQuery> query,
                                         std::shared_ptr<RemoteRun> run)
    : PhysicalOperator(plan, duckdb::PhysicalOperatorType::EXTENSION, std::move(types), estimated_cardinality),
      query_(std::move(query)),
      run_(std::move(run)) {
  for (const auto& exchange : query_->plan.exchanges) {
    if (exchange.consumer == Exchange::kClient) is_ordered_ = exchange.is_ordered;
  }
}

duckdb::InsertionOrderPreservingMap<std::string> PhysicalRemoteQuery::ParamsToString() const {
  return SizeOf(query_->plan);
}

void PhysicalRemoteQuery::BuildPipelines(duckdb::Pipeline& current, duckdb::MetaPipeline& meta_pipeline) {
  op_state.reset();
  sink_state.reset();
  meta_pipeline.GetState().SetPipelineSource(current, *this);
  for (auto& child : children) {
    auto& sink = child.get();
    sink.sink_state.reset();
    meta_pipeline.CreateChildMetaPipeline(current, sink).Build(sink.children[0]);
  }
}

duckdb::OrderPreservationType PhysicalRemoteQuery::SourceOrder() const {
  return is_ordered_ ? duckdb::OrderPreservationType::FIXED_ORDER : duckdb::OrderPreservationType::NO_ORDER;
}

duckdb::unique_ptr<duckdb::GlobalSourceState> PhysicalRemoteQuery::GetGlobalSourceState(
    duckdb::ClientContext& context) const {
  return duckdb::make_uniq<GlobalState>(context, *query_, *this, run_.get(), is_ordered_);
}

duckdb::unique_ptr<duckdb::LocalSourceState> PhysicalRemoteQuery::GetLocalSourceState(
    duckdb::ExecutionContext& context, duckdb::GlobalSourceState&) const {
  return duckdb::make_uniq<LocalState>(context.client, types);
}

duckdb::SourceResultType PhysicalRemoteQuery::GetDataInternal(duckdb::ExecutionContext&, duckdb::DataChunk& chunk,
                                                              duckdb::OperatorSourceInput& input) const {
  auto& global = input.global_state.Cast<GlobalState>();
  auto& reader = input.local_state.Cast<LocalState>().reader;
  auto state = NextCaught(
      global, reader, [] {}, chunk);
  if (state.ok() && *state == BlockReader::State::kBlocked) {
    // Once more with the lock held from the question to the parking of the task: a wake-up in between waits for it.
    auto guard = global.Lock();
    state = NextCaught(global, reader, global.wakeable.Callback(), chunk);
    if (state.ok() && *state == BlockReader::State::kBlocked)
      return global.wakeable.Block(global, guard, input.interrupt_state);
  }
  if (!state.ok()) ThrowForDuckDb(state.status());
  return *state == BlockReader::State::kFinished ? duckdb::SourceResultType::FINISHED
                                                 : duckdb::SourceResultType::HAVE_MORE_OUTPUT;
}

}  // namespace skein::core
