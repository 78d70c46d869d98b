#include "extension/client_sink.h"

#include <filesystem>

#include "duckdb/execution/physical_plan_generator.hpp"
#include "engine/error_bridge.h"
#include "engine/row_partitioner.h"

namespace skein::core {
namespace {

// Rows beyond it wait in an unlinked file.
constexpr uint64_t kMemoryBytes = uint64_t{256} << 20;

void ThrowIfNot(const arrow::Status& status) {
  if (!status.ok()) ThrowForDuckDb(status);
}

// A reader that keeps the store alive which it reads.
class OwningReader : public UnitReader {
 public:
  OwningReader(std::shared_ptr<RetainedStore> store, std::unique_ptr<UnitReader> reader)
      : store_(std::move(store)), reader_(std::move(reader)) {}
  arrow::Result<std::optional<Item>> Next(std::chrono::milliseconds timeout) override { return reader_->Next(timeout); }

 private:
  std::shared_ptr<RetainedStore> store_;
  std::unique_ptr<UnitReader> reader_;
};

class CollectedUnit : public ClientInput {
 public:
  CollectedUnit(std::shared_ptr<RetainedStore> store, ProducerKey key) : store_(std::move(store)), key_(key) {}
  arrow::Result<std::unique_ptr<UnitReader>> Open() override {
    ARROW_ASSIGN_OR_RAISE(auto reader, store_->Read(key_, PartitionRange::All()));
    return std::make_unique<OwningReader>(store_, std::move(reader));
  }

 private:
  std::shared_ptr<RetainedStore> store_;
  ProducerKey key_;
};

class GlobalState : public duckdb::GlobalSinkState {
 public:
  GlobalState() {
    RetainedStoreOptions options;
    options.memory_bytes = kMemoryBytes;
    options.directory = std::filesystem::temp_directory_path();
    auto made = RetainedStore::Make(options);
    ThrowIfNot(made.status());
    store = std::move(*made);
    unit.query = QueryId::Random();
    ThrowIfNot(store->OpenUnit(unit));
  }
  ProducerKey producer() const { return {unit.query, unit.exchange, unit.task, unit.attempt}; }

  std::shared_ptr<RetainedStore> store;
  UnitKey unit;
  std::atomic<uint64_t> next_range{0};
};

class LocalState : public duckdb::LocalSinkState {
 public:
  template <class... Args>
  explicit LocalState(Args&&... args) : partitioner(std::forward<Args>(args)...) {}
  RowPartitioner partitioner;
};

}  // namespace

LogicalClientSink::LogicalClientSink(PlannedClientInput input, std::vector<PartitionRange> exchange_ranges)
    : SkeinOperator(OperatorKind::kClientSink), exchange(input.exchange), ranges(std::move(exchange_ranges)) {
  output_types = input.plan->types;
  bindings = input.plan->GetColumnBindings();
  SetEstimatedCardinality(input.plan->estimated_cardinality);
  expressions = std::move(input.keys);
  children.push_back(std::move(input.plan));
  ResolveOperatorTypes();
}

duckdb::PhysicalOperator& LogicalClientSink::CreatePlan(duckdb::ClientContext&,
                                                        duckdb::PhysicalPlanGenerator& planner) {
  auto& child = planner.CreatePlan(*children[0]);
  auto& sink = planner.Make<PhysicalClientSink>(types, estimated_cardinality, std::move(expressions), exchange, ranges);
  sink.children.push_back(child);
  return sink;
}

PhysicalClientSink::PhysicalClientSink(duckdb::PhysicalPlan& plan, duckdb::vector<duckdb::LogicalType> types,
                                       duckdb::idx_t estimated_cardinality,
                                       duckdb::vector<duckdb::unique_ptr<duckdb::Expression>> keys, ExchangeId exchange,
                                       std::vector<PartitionRange> ranges)
    : PhysicalOperator(plan, duckdb::PhysicalOperatorType::EXTENSION, std::move(types), estimated_cardinality),
      keys_(std::move(keys)),
      exchange_(exchange),
      ranges_(std::move(ranges)) {}

duckdb::unique_ptr<duckdb::GlobalSinkState> PhysicalClientSink::GetGlobalSinkState(duckdb::ClientContext&) const {
  return duckdb::make_uniq<GlobalState>();
}

duckdb::unique_ptr<duckdb::LocalSinkState> PhysicalClientSink::GetLocalSinkState(
    duckdb::ExecutionContext& context) const {
  auto& global = sink_state->Cast<GlobalState>();
  auto append = [&global](Block block) { ThrowIfNot(global.store->Append(global.unit, std::move(block))); };
  return duckdb::make_uniq<LocalState>(context.client, keys_, children[0].get().types, ranges_, global.next_range,
                                       std::move(append));
}

duckdb::SinkResultType PhysicalClientSink::Sink(duckdb::ExecutionContext&, duckdb::DataChunk& chunk,
                                                duckdb::OperatorSinkInput& input) const {
  input.local_state.Cast<LocalState>().partitioner.Append(chunk);
  return duckdb::SinkResultType::NEED_MORE_INPUT;
}

duckdb::SinkCombineResultType PhysicalClientSink::Combine(duckdb::ExecutionContext&,
                                                          duckdb::OperatorSinkCombineInput& input) const {
  input.local_state.Cast<LocalState>().partitioner.Flush();
  return duckdb::SinkCombineResultType::FINISHED;
}

duckdb::SinkFinalizeType PhysicalClientSink::Finalize(duckdb::Pipeline&, duckdb::Event&, duckdb::ClientContext&,
                                                      duckdb::OperatorSinkFinalizeInput& input) const {
  auto& global = input.global_state.Cast<GlobalState>();
  ThrowIfNot(global.store->CloseUnit(global.unit, {}).status());
  global.store->FinishProducer(global.producer(), arrow::Status::OK());
  return duckdb::SinkFinalizeType::READY;
}

std::shared_ptr<ClientInput> PhysicalClientSink::CollectedInput() const {
  auto& global = sink_state->Cast<GlobalState>();
  return std::make_shared<CollectedUnit>(global.store, global.producer());
}

}  // namespace skein::core
