#include "engine/range_function.h"

#include <algorithm>

namespace skein::core {
namespace {

using duckdb::idx_t;
using duckdb::LogicalType;
using duckdb::UnifiedVectorFormat;

// `KEY` is what DuckDB keeps of a key in a vector.
template <class KEY>
void FindIndexes(duckdb::DataChunk& args, duckdb::ExpressionState&, duckdb::Vector& result) {
  const auto count = args.size();
  auto& splitters = duckdb::ListVector::GetEntry(args.data[0]);
  UnifiedVectorFormat lists, values, keys;
  args.data[0].ToUnifiedFormat(count, lists);
  args.data[1].ToUnifiedFormat(count, keys);
  splitters.ToUnifiedFormat(duckdb::ListVector::GetListSize(args.data[0]), values);
  const auto* spans = UnifiedVectorFormat::GetData<duckdb::list_entry_t>(lists);
  const auto* splitter = UnifiedVectorFormat::GetData<KEY>(values);
  const auto* key = UnifiedVectorFormat::GetData<KEY>(keys);
  result.SetVectorType(duckdb::VectorType::FLAT_VECTOR);
  auto* indexes = duckdb::FlatVector::GetData<int64_t>(result);
  for (idx_t row = 0; row < count; row++) {
    const auto list = lists.sel->get_index(row);
    auto low = idx_t{0}, high = lists.validity.RowIsValid(list) ? spans[list].length : 0;
    const auto& wanted = key[keys.sel->get_index(row)];
    while (low < high) {
      const auto middle = (low + high) / 2;
      const auto& at = splitter[values.sel->get_index(spans[list].offset + middle)];
      if (duckdb::LessThanEquals::Operation<KEY>(at, wanted)) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    indexes[row] = static_cast<int64_t>(low);
  }
  if (args.AllConstant()) result.SetVectorType(duckdb::VectorType::CONSTANT_VECTOR);
}

duckdb::ScalarFunction Make(const LogicalType& key, duckdb::scalar_function_t body) {
  duckdb::ScalarFunction function(kRangeIndexFunction, {LogicalType::LIST(key), key}, LogicalType::BIGINT,
                                  std::move(body));
  function.SetNullHandling(duckdb::FunctionNullHandling::SPECIAL_HANDLING);
  return function;
}

}  // namespace

duckdb::ScalarFunctionSet RangeIndexFunctions() {
  duckdb::ScalarFunctionSet set(kRangeIndexFunction);
  set.AddFunction(Make(LogicalType::BLOB, FindIndexes<duckdb::string_t>));
  set.AddFunction(Make(LogicalType::BIGINT, FindIndexes<int64_t>));
  return set;
}

}  // namespace skein::core
