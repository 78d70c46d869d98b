#include "engine/quantile_digest.h"

#include <cmath>
#include <cstring>
#include <utility>
#include <vector>

#include "duckdb/catalog/catalog_entry/aggregate_function_catalog_entry.hpp"
#include "duckdb/common/serializer/deserializer.hpp"
#include "duckdb/common/serializer/serializer.hpp"
#include "duckdb/function/aggregate_function.hpp"
#include "duckdb/function/function_serialization.hpp"
#include "duckdb/main/extension/extension_loader.hpp"
#include "t_digest.hpp"

namespace skein::core {
namespace {

using duckdb::AggregateFunction;
using duckdb::AggregateInputData;
using duckdb::data_ptr_t;
using duckdb::FlatVector;
using duckdb::idx_t;
using duckdb::LogicalType;
using duckdb::string_t;
using duckdb::UnifiedVectorFormat;
using duckdb::Vector;
using duckdb_tdigest::Centroid;
using duckdb_tdigest::TDigest;
using FunctionDataPtr = duckdb::unique_ptr<duckdb::FunctionData>;

constexpr const char* kOriginal = "approx_quantile";
constexpr const char* kPartial = "skein_partial_quantile_digest";
constexpr const char* kFinal = "skein_final_quantile_digest";
// As DuckDB makes its own.
constexpr double kCompression = 100;
constexpr double kMostRows = 1e18;

// The state of DuckDB's approx_quantile, of whatever type (extension/core_functions/aggregate/holistic).
struct State {
  TDigest* digest;
  idx_t count;
};

/// DuckDB's aggregate, which knows its type and the quantiles that are asked for.
struct InnerAggregate : public duckdb::FunctionData {
  InnerAggregate(AggregateFunction made, FunctionDataPtr bind)
      : function(std::move(made)), bind_info(std::move(bind)) {}

  FunctionDataPtr Copy() const override { return duckdb::make_uniq<InnerAggregate>(function, bind_info->Copy()); }
  bool Equals(const duckdb::FunctionData& other) const override {
    const auto& of_other = other.Cast<InnerAggregate>();
    return function == of_other.function && bind_info->Equals(*of_other.bind_info);
  }
  static const InnerAggregate& Of(const AggregateInputData& input) { return input.bind_data->Cast<InnerAggregate>(); }
  AggregateInputData InputOf(const AggregateInputData& input) const {
    return AggregateInputData(bind_info.get(), input.allocator, input.combine_type);
  }

  AggregateFunction function;
  FunctionDataPtr bind_info;
};

// --- The bytes of a digest: how many values, how many centroids are processed and not yet, then mean and weight of
// each.

constexpr size_t kHeadBytes = 3 * sizeof(uint64_t);
constexpr size_t kCentroidBytes = 2 * sizeof(double);

void AppendCentroids(const std::vector<Centroid>& centroids, std::string& bytes) {
  for (const auto& centroid : centroids) {
    const double numbers[] = {centroid.mean(), centroid.weight()};
    bytes.append(reinterpret_cast<const char*>(numbers), sizeof(numbers));
  }
}

std::string BytesOf(const State& state) {
  const auto& digest = *state.digest;
  const uint64_t head[] = {state.count, digest.processed().size(), digest.unprocessed().size()};
  std::string bytes(reinterpret_cast<const char*>(head), sizeof(head));
  AppendCentroids(digest.processed(), bytes);
  AppendCentroids(digest.unprocessed(), bytes);
  return bytes;
}

[[noreturn]] void ThrowDamaged() { throw duckdb::InvalidInputException("skein: the bytes of a digest are damaged"); }

std::vector<Centroid> ReadCentroids(const char* bytes, uint64_t count) {
  std::vector<Centroid> centroids;
  centroids.reserve(count);
  for (uint64_t i = 0; i < count; i++) {
    double numbers[2];
    std::memcpy(numbers, bytes + i * kCentroidBytes, sizeof(numbers));
    // What DuckDB's digest takes for granted: numbers, whose sum is one, too.
    if (!std::isfinite(numbers[0]) || !(numbers[1] > 0 && numbers[1] <= kMostRows)) ThrowDamaged();
    centroids.emplace_back(numbers[0], numbers[1]);
  }
  return centroids;
}

// As DuckDB's own combine does.
void MergeBytes(const string_t& blob, State& into) {
  uint64_t head[3] = {};
  const auto size = blob.GetSize();
  if (size >= sizeof(head)) std::memcpy(head, blob.GetData(), sizeof(head));
  const auto held = size < sizeof(head) ? 0 : (size - sizeof(head)) / kCentroidBytes;
  if (size < sizeof(head) || head[1] > held || head[2] != held - head[1] ||
      held * kCentroidBytes + kHeadBytes != size) {
    ThrowDamaged();
  }
  const auto* centroids = blob.GetData() + kHeadBytes;
  const TDigest digest(ReadCentroids(centroids, head[1]), ReadCentroids(centroids + head[1] * kCentroidBytes, head[2]),
                       kCompression, 0, 0);
  if (into.digest == nullptr) into.digest = new TDigest(kCompression);
  into.digest->merge(&digest);
  into.count += head[0];
}

// --- Callbacks

void UpdateByValues(Vector inputs[], AggregateInputData& input, idx_t input_count, Vector& states, idx_t count) {
  const auto& inner = InnerAggregate::Of(input);
  auto inner_input = inner.InputOf(input);
  inner.function.update(inputs, inner_input, input_count, states, count);
}

void UpdateByDigests(Vector inputs[], AggregateInputData&, idx_t, Vector& states, idx_t count) {
  UnifiedVectorFormat rows, targets;
  inputs[0].ToUnifiedFormat(count, rows);
  states.ToUnifiedFormat(count, targets);
  for (idx_t i = 0; i < count; i++) {
    const auto row = rows.sel->get_index(i);
    if (!rows.validity.RowIsValid(row)) continue;
    auto* state = UnifiedVectorFormat::GetData<State*>(targets)[targets.sel->get_index(i)];
    MergeBytes(UnifiedVectorFormat::GetData<string_t>(rows)[row], *state);
  }
}

void Combine(Vector& sources, Vector& targets, AggregateInputData& input, idx_t count) {
  const auto& inner = InnerAggregate::Of(input);
  auto inner_input = inner.InputOf(input);
  inner.function.combine(sources, targets, inner_input, count);
}

void Destroy(Vector& states, AggregateInputData& input, idx_t count) {
  const auto& inner = InnerAggregate::Of(input);
  auto inner_input = inner.InputOf(input);
  inner.function.destructor(states, inner_input, count);
}

void WriteDigests(Vector& states, AggregateInputData&, Vector& result, idx_t count, idx_t offset) {
  UnifiedVectorFormat format;
  states.ToUnifiedFormat(count, format);
  auto* blobs = FlatVector::GetData<string_t>(result);
  for (idx_t i = 0; i < count; i++) {
    const auto& state = *UnifiedVectorFormat::GetData<State*>(format)[format.sel->get_index(i)];
    if (state.digest == nullptr) {
      FlatVector::SetNull(result, offset + i, true);
      continue;
    }
    blobs[offset + i] = duckdb::StringVector::AddStringOrBlob(result, BytesOf(state));
  }
}

void WriteQuantiles(Vector& states, AggregateInputData& input, Vector& result, idx_t count, idx_t offset) {
  const auto& inner = InnerAggregate::Of(input);
  auto inner_input = inner.InputOf(input);
  inner.function.finalize(states, inner_input, result, count, offset);
}

// --- Both functions of one aggregate

void Serialize(duckdb::Serializer& serializer, duckdb::optional_ptr<duckdb::FunctionData> bind_data,
               const AggregateFunction&) {
  const auto& inner = bind_data->Cast<InnerAggregate>();
  serializer.WriteProperty(100, "return_type", inner.function.GetReturnType());
  serializer.WriteObject(101, "aggregate", [&](duckdb::Serializer& of_inner) {
    duckdb::FunctionSerializer::Serialize(of_inner, inner.function, inner.bind_info.get());
  });
}

AggregateFunction MakePartial(const AggregateFunction& inner);
AggregateFunction MakeFinal(const AggregateFunction& inner);

FunctionDataPtr Deserialize(duckdb::Deserializer& deserializer, AggregateFunction& function) {
  const auto return_type = deserializer.ReadProperty<LogicalType>(100, "return_type");
  FunctionDataPtr result;
  deserializer.ReadObject(101, "aggregate", [&](duckdb::Deserializer& of_inner) {
    duckdb::vector<duckdb::unique_ptr<duckdb::Expression>> no_children;
    auto read = duckdb::FunctionSerializer::Deserialize<AggregateFunction, duckdb::AggregateFunctionCatalogEntry>(
        of_inner, duckdb::CatalogType::AGGREGATE_FUNCTION_ENTRY, no_children, return_type);
    result = duckdb::make_uniq<InnerAggregate>(std::move(read.first), std::move(read.second));
  });
  const auto& inner = result->Cast<InnerAggregate>().function;
  const auto arguments = function.arguments;
  function = function.name == kFinal ? MakeFinal(inner) : MakePartial(inner);
  if (arguments[0] == LogicalType::BLOB) function.update = UpdateByDigests;
  function.arguments = arguments;
  return result;
}

// Binding is for those who write SQL. Plans are made with the aggregate that both functions need.
FunctionDataPtr RefuseToBind(duckdb::ClientContext&, AggregateFunction& function,
                             duckdb::vector<duckdb::unique_ptr<duckdb::Expression>>&) {
  throw duckdb::BinderException("%s is for Skein's own plans: use %s", function.name, kOriginal);
}

AggregateFunction Make(const char* name, const LogicalType& result, const AggregateFunction* inner) {
  AggregateFunction function(name, {LogicalType::ANY}, result, nullptr, nullptr, UpdateByDigests, Combine, nullptr,
                             duckdb::FunctionNullHandling::DEFAULT_NULL_HANDLING, /*simple_update=*/nullptr,
                             RefuseToBind, Destroy);
  function.SetSerializeCallback(Serialize);
  function.SetDeserializeCallback(Deserialize);
  if (inner == nullptr) return function;
  function.state_size = inner->state_size;
  function.initialize = inner->initialize;
  return function;
}

AggregateFunction MakePartial(const AggregateFunction& inner) {
  auto function = Make(kPartial, LogicalType::BLOB, &inner);
  function.update = UpdateByValues;
  function.finalize = WriteDigests;
  return function;
}

AggregateFunction MakeFinal(const AggregateFunction& inner) {
  auto function = Make(kFinal, inner.GetReturnType(), &inner);
  function.finalize = WriteQuantiles;
  return function;
}

bool IsFinal(const duckdb::BoundAggregateExpression& aggregate) { return aggregate.function.name == kFinal; }

FunctionDataPtr InnerOf(const duckdb::BoundAggregateExpression& aggregate) {
  if (IsFinal(aggregate)) return aggregate.bind_info->Copy();
  return duckdb::make_uniq<InnerAggregate>(aggregate.function, aggregate.bind_info->Copy());
}

}  // namespace

bool IsQuantileOfDigest(const duckdb::BoundAggregateExpression& aggregate) {
  if (IsFinal(aggregate)) return true;
  return aggregate.function.name == kOriginal && aggregate.children.size() == 1 && aggregate.bind_info &&
         aggregate.function.state_size(aggregate.function) == sizeof(State);
}

duckdb::unique_ptr<duckdb::Expression> PartialDigest(const duckdb::BoundAggregateExpression& aggregate) {
  auto inner = InnerOf(aggregate);
  auto function = MakePartial(inner->Cast<InnerAggregate>().function);
  if (IsFinal(aggregate)) function.update = UpdateByDigests;
  function.arguments = {aggregate.children[0]->return_type};
  duckdb::vector<duckdb::unique_ptr<duckdb::Expression>> children;
  children.push_back(aggregate.children[0]->Copy());
  return duckdb::make_uniq<duckdb::BoundAggregateExpression>(std::move(function), std::move(children),
                                                             aggregate.filter ? aggregate.filter->Copy() : nullptr,
                                                             std::move(inner), aggregate.aggr_type);
}

duckdb::unique_ptr<duckdb::Expression> FinalDigest(const duckdb::BoundAggregateExpression& aggregate,
                                                   duckdb::unique_ptr<duckdb::Expression> partial) {
  auto inner = InnerOf(aggregate);
  auto function = MakeFinal(inner->Cast<InnerAggregate>().function);
  function.arguments = {partial->return_type};
  duckdb::vector<duckdb::unique_ptr<duckdb::Expression>> children;
  children.push_back(std::move(partial));
  return duckdb::make_uniq<duckdb::BoundAggregateExpression>(std::move(function), std::move(children), nullptr,
                                                             std::move(inner), duckdb::AggregateType::NON_DISTINCT);
}

void RegisterQuantileDigests(duckdb::DatabaseInstance& database) {
  duckdb::ExtensionLoader loader(database, "skein");
  loader.RegisterFunction(Make(kPartial, LogicalType::BLOB, nullptr));
  loader.RegisterFunction(Make(kFinal, LogicalType::ANY, nullptr));
}

}  // namespace skein::core
