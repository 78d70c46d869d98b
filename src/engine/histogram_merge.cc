#include "engine/histogram_merge.h"

#include <algorithm>
#include <map>
#include <string>

#include "duckdb/function/aggregate_function.hpp"
#include "duckdb/function/create_sort_key.hpp"
#include "duckdb/main/extension/extension_loader.hpp"

namespace skein::core {
namespace {

using duckdb::AggregateFunction;
using duckdb::AggregateInputData;
using duckdb::data_ptr_t;
using duckdb::idx_t;
using duckdb::ListVector;
using duckdb::LogicalType;
using duckdb::string_t;
using duckdb::UnifiedVectorFormat;
using duckdb::Vector;

// By sort key: bytes that compare as the values do, for every type.
using Counts = std::map<std::string, uint64_t>;

struct State {
  Counts* counts;
};

duckdb::OrderModifiers Ascending() {
  return duckdb::OrderModifiers(duckdb::OrderType::ASCENDING, duckdb::OrderByNullType::NULLS_LAST);
}

idx_t StateSize(const AggregateFunction&) { return sizeof(State); }

void Initialize(const AggregateFunction&, data_ptr_t state) { reinterpret_cast<State*>(state)->counts = nullptr; }

template <class F>
void ForEach(Vector& states, idx_t count, F&& function) {
  UnifiedVectorFormat format;
  states.ToUnifiedFormat(count, format);
  auto* const* all = UnifiedVectorFormat::GetData<State*>(format);
  for (idx_t i = 0; i < count; i++) function(i, *all[format.sel->get_index(i)]);
}

void Destroy(Vector& states, AggregateInputData&, idx_t count) {
  ForEach(states, count, [](idx_t, State& state) {
    delete state.counts;
    state.counts = nullptr;
  });
}

Counts& CountsOf(State& state) {
  if (state.counts == nullptr) state.counts = new Counts();
  return *state.counts;
}

void Update(Vector inputs[], AggregateInputData&, idx_t, Vector& states, idx_t count) {
  auto& maps = inputs[0];
  UnifiedVectorFormat lists;
  maps.ToUnifiedFormat(count, lists);
  const auto entry_count = ListVector::GetListSize(maps);
  Vector sort_keys(LogicalType::BLOB, std::max<idx_t>(entry_count, 1));
  duckdb::CreateSortKeyHelpers::CreateSortKey(duckdb::MapVector::GetKeys(maps), entry_count, Ascending(), sort_keys);
  UnifiedVectorFormat keys, values;
  sort_keys.ToUnifiedFormat(entry_count, keys);
  duckdb::MapVector::GetValues(maps).ToUnifiedFormat(entry_count, values);
  ForEach(states, count, [&](idx_t i, State& state) {
    const auto row = lists.sel->get_index(i);
    if (!lists.validity.RowIsValid(row)) return;
    auto& counts = CountsOf(state);
    const auto& list = UnifiedVectorFormat::GetData<duckdb::list_entry_t>(lists)[row];
    for (auto at = list.offset; at < list.offset + list.length; at++) {
      const auto& key = UnifiedVectorFormat::GetData<string_t>(keys)[keys.sel->get_index(at)];
      counts[key.GetString()] += UnifiedVectorFormat::GetData<uint64_t>(values)[values.sel->get_index(at)];
    }
  });
}

void Combine(Vector& sources, Vector& targets, AggregateInputData&, idx_t count) {
  auto* const* into = duckdb::FlatVector::GetData<State*>(targets);
  ForEach(sources, count, [&](idx_t i, State& source) {
    if (source.counts == nullptr) return;
    auto& counts = CountsOf(*into[i]);
    for (const auto& [key, number] : *source.counts) counts[key] += number;
  });
}

void Finalize(Vector& states, AggregateInputData&, Vector& result, idx_t count, idx_t offset) {
  auto* lists = duckdb::FlatVector::GetData<duckdb::list_entry_t>(result);
  auto end = ListVector::GetListSize(result);
  ForEach(states, count, [&](idx_t i, State& state) {
    if (state.counts == nullptr) return duckdb::FlatVector::SetNull(result, offset + i, true);
    ListVector::Reserve(result, end + state.counts->size());
    lists[offset + i] = {end, state.counts->size()};
    auto& keys = duckdb::MapVector::GetKeys(result);
    auto* numbers = duckdb::FlatVector::GetData<uint64_t>(duckdb::MapVector::GetValues(result));
    for (const auto& [key, number] : *state.counts) {
      duckdb::CreateSortKeyHelpers::DecodeSortKey(string_t(key.data(), static_cast<uint32_t>(key.size())), keys, end,
                                                  Ascending());
      numbers[end++] = number;
    }
    ListVector::SetListSize(result, end);
  });
}

duckdb::unique_ptr<duckdb::FunctionData> Bind(duckdb::ClientContext&, AggregateFunction& function,
                                              duckdb::vector<duckdb::unique_ptr<duckdb::Expression>>& arguments) {
  const auto& type = arguments[0]->return_type;
  if (type.id() != duckdb::LogicalTypeId::MAP || duckdb::MapType::ValueType(type) != LogicalType::UBIGINT) {
    throw duckdb::BinderException("%s is for what histogram() gives, not for %s", kMergeHistograms, type.ToString());
  }
  function.arguments[0] = type;
  function.SetReturnType(type);
  return nullptr;
}

}  // namespace

void RegisterHistogramMerge(duckdb::DatabaseInstance& database) {
  duckdb::ExtensionLoader loader(database, "skein");
  loader.RegisterFunction(AggregateFunction(kMergeHistograms, {LogicalType::ANY}, duckdb::LogicalTypeId::MAP, StateSize,
                                            Initialize, Update, Combine, Finalize,
                                            duckdb::FunctionNullHandling::DEFAULT_NULL_HANDLING,
                                            /*simple_update=*/nullptr, Bind, Destroy));
}

}  // namespace skein::core
