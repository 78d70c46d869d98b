#include "engine/state_aggregates.h"

#include <cstring>
#include <map>
#include <vector>

#include "duckdb/catalog/catalog.hpp"
#include "duckdb/catalog/catalog_entry/aggregate_function_catalog_entry.hpp"
#include "duckdb/function/aggregate_function.hpp"
#include "duckdb/main/extension/extension_loader.hpp"

namespace skein::core {
namespace {

using duckdb::AggregateFunction;
using duckdb::AggregateInputData;
using duckdb::data_ptr_t;
using duckdb::idx_t;
using duckdb::LogicalType;
using duckdb::string_t;
using duckdb::Vector;

constexpr const char* kPartial = "skein_partial_";
constexpr const char* kCombine = "skein_combine_";
constexpr const char* kFinal = "skein_final_";

// Functions with one overload, no bind callback and no pointer in their state; by the number of their arguments.
const std::map<std::string, idx_t>& PlainStates() {
  static const std::map<std::string, idx_t> kFunctions = {
      {"var_pop", 1},      {"var_samp", 1},       {"variance", 1},
      {"stddev", 1},       {"stddev_pop", 1},     {"stddev_samp", 1},
      {"sem", 1},          {"skewness", 1},       {"kurtosis", 1},
      {"kurtosis_pop", 1}, {"fsum", 1},           {"kahan_sum", 1},
      {"sumkahan", 1},     {"favg", 1},           {"covar_pop", 2},
      {"covar_samp", 2},   {"corr", 2},           {"regr_avgx", 2},
      {"regr_avgy", 2},    {"regr_count", 2},     {"regr_r2", 2},
      {"regr_slope", 2},   {"regr_intercept", 2}, {"regr_sxx", 2},
      {"regr_sxy", 2},     {"regr_syy", 2},       {"approx_count_distinct", 1}};
  return kFunctions;
}

// A HyperLogLog is 64 registers, which hold the same after any division of the rows.
LogicalType ArgumentOf(const std::string& name) {
  return name == "approx_count_distinct" ? LogicalType::ANY : LogicalType::DOUBLE;
}

/// What the callbacks know of DuckDB's function.
struct InnerFunction : public duckdb::FunctionData {
  explicit InnerFunction(AggregateFunction made)
      : function(std::move(made)), state_size(function.state_size(function)) {}

  duckdb::unique_ptr<duckdb::FunctionData> Copy() const override { return duckdb::make_uniq<InnerFunction>(function); }
  bool Equals(const duckdb::FunctionData& other) const override {
    return function.name == other.Cast<InnerFunction>().function.name;
  }
  static const InnerFunction& Of(AggregateInputData& input) { return input.bind_data->Cast<InnerFunction>(); }

  AggregateFunction function;
  idx_t state_size;
};

void WriteStates(Vector& states, AggregateInputData& input, Vector& result, idx_t count, idx_t offset) {
  const auto size = InnerFunction::Of(input).state_size;
  const bool is_constant = states.GetVectorType() == duckdb::VectorType::CONSTANT_VECTOR;
  result.SetVectorType(is_constant ? duckdb::VectorType::CONSTANT_VECTOR : duckdb::VectorType::FLAT_VECTOR);
  const auto* from = is_constant ? duckdb::ConstantVector::GetData<data_ptr_t>(states)
                                 : duckdb::FlatVector::GetData<data_ptr_t>(states);
  auto* to = is_constant ? duckdb::ConstantVector::GetData<string_t>(result)
                         : duckdb::FlatVector::GetData<string_t>(result) + offset;
  for (idx_t i = 0; i < (is_constant ? 1 : count); i++) {
    to[i] = duckdb::StringVector::AddStringOrBlob(result, duckdb::const_char_ptr_cast(from[i]), size);
  }
}

// Combines the state in each row of `blobs` into the one that `target_of` gives for the row.
template <class TARGET>
void ReadStates(Vector& blobs, AggregateInputData& input, idx_t count, TARGET target_of) {
  const auto& inner = InnerFunction::Of(input);
  duckdb::UnifiedVectorFormat format;
  blobs.ToUnifiedFormat(count, format);
  const auto* rows = duckdb::UnifiedVectorFormat::GetData<string_t>(format);
  std::vector<uint64_t> copies(count * ((inner.state_size + 7) / 8));
  Vector sources(LogicalType::POINTER), targets(LogicalType::POINTER);
  idx_t found = 0;
  for (idx_t i = 0; i < count; i++) {
    const auto row = format.sel->get_index(i);
    if (!format.validity.RowIsValid(row)) continue;
    if (rows[row].GetSize() != inner.state_size) throw duckdb::InvalidInputException("skein: a state has another size");
    auto* copy = copies.data() + found * ((inner.state_size + 7) / 8);
    std::memcpy(copy, rows[row].GetData(), inner.state_size);
    duckdb::FlatVector::GetData<data_ptr_t>(sources)[found] = duckdb::data_ptr_cast(copy);
    duckdb::FlatVector::GetData<data_ptr_t>(targets)[found] = target_of(i);
    found++;
  }
  inner.function.combine(sources, targets, input, found);
}

void UpdateByGroup(Vector inputs[], AggregateInputData& input, idx_t, Vector& states, idx_t count) {
  duckdb::UnifiedVectorFormat format;
  states.ToUnifiedFormat(count, format);
  const auto* targets = duckdb::UnifiedVectorFormat::GetData<data_ptr_t>(format);
  ReadStates(inputs[0], input, count, [&](idx_t row) { return targets[format.sel->get_index(row)]; });
}

void UpdateOne(Vector inputs[], AggregateInputData& input, idx_t, data_ptr_t state, idx_t count) {
  ReadStates(inputs[0], input, count, [&](idx_t) { return state; });
}

AggregateFunction FindInner(duckdb::ClientContext& context, const std::string& name) {
  return duckdb::Catalog::GetSystemCatalog(context)
      .GetEntry<duckdb::AggregateFunctionCatalogEntry>(context, DEFAULT_SCHEMA, name)
      .functions.GetFunctionByOffset(0);
}

// States of both kinds are held and combined as DuckDB does.
duckdb::unique_ptr<duckdb::FunctionData> Hold(AggregateFunction& function, AggregateFunction inner) {
  function.state_size = inner.state_size;
  function.initialize = inner.initialize;
  function.combine = inner.combine;
  return duckdb::make_uniq<InnerFunction>(std::move(inner));
}

duckdb::unique_ptr<duckdb::FunctionData> BindPartial(
    duckdb::ClientContext& context, AggregateFunction& function,
    duckdb::vector<duckdb::unique_ptr<duckdb::Expression>>& arguments) {
  auto inner = FindInner(context, function.name.substr(std::strlen(kPartial)));
  for (idx_t i = 0; i < arguments.size(); i++) {
    const auto& taken = inner.arguments[i];
    function.arguments[i] = taken.id() == duckdb::LogicalTypeId::ANY ? arguments[i]->return_type : taken;
  }
  function.update = inner.update;
  function.simple_update = inner.simple_update;
  return Hold(function, std::move(inner));
}

duckdb::unique_ptr<duckdb::FunctionData> BindCombine(duckdb::ClientContext& context, AggregateFunction& function,
                                                     duckdb::vector<duckdb::unique_ptr<duckdb::Expression>>&) {
  return Hold(function, FindInner(context, function.name.substr(std::strlen(kCombine))));
}

duckdb::unique_ptr<duckdb::FunctionData> BindFinal(duckdb::ClientContext& context, AggregateFunction& function,
                                                   duckdb::vector<duckdb::unique_ptr<duckdb::Expression>>&) {
  auto inner = FindInner(context, function.name.substr(std::strlen(kFinal)));
  function.finalize = inner.finalize;
  function.SetReturnType(inner.GetReturnType());
  return Hold(function, std::move(inner));
}

AggregateFunction Make(const std::string& name, duckdb::vector<LogicalType> arguments, const LogicalType& result,
                       duckdb::bind_aggregate_function_t bind) {
  return AggregateFunction(name, std::move(arguments), result, nullptr, nullptr, UpdateByGroup, nullptr, WriteStates,
                           duckdb::FunctionNullHandling::DEFAULT_NULL_HANDLING, UpdateOne, bind);
}

}  // namespace

bool HasPlainState(const std::string& name) { return PlainStates().count(name) > 0; }

std::string PartialStateName(const std::string& name) { return kPartial + name; }
std::string CombineStateName(const std::string& name) { return kCombine + name; }
std::string FinalStateName(const std::string& name) { return kFinal + name; }

std::string NameOfFinalState(const std::string& function_name) {
  const std::string prefix = kFinal;
  return function_name.compare(0, prefix.size(), prefix) == 0 ? function_name.substr(prefix.size()) : "";
}

void RegisterStateAggregates(duckdb::DatabaseInstance& database) {
  duckdb::ExtensionLoader loader(database, "skein");
  for (const auto& [name, arity] : PlainStates()) {
    const duckdb::vector<LogicalType> numbers(arity, ArgumentOf(name));
    loader.RegisterFunction(Make(PartialStateName(name), numbers, LogicalType::BLOB, BindPartial));
    loader.RegisterFunction(Make(CombineStateName(name), {LogicalType::BLOB}, LogicalType::BLOB, BindCombine));
    // Its type is that of the function that it finishes.
    loader.RegisterFunction(Make(FinalStateName(name), {LogicalType::BLOB}, LogicalType::DOUBLE, BindFinal));
  }
}

}  // namespace skein::core
