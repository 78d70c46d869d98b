#include "engine/scalar_functions.h"

#include "duckdb/catalog/catalog.hpp"
#include "duckdb/common/types/hugeint.hpp"
#include "duckdb/common/vector_operations/ternary_executor.hpp"
#include "duckdb/main/extension/extension_loader.hpp"
#include "engine/histogram_merge.h"
#include "engine/quantile_digest.h"
#include "engine/range_function.h"
#include "engine/state_aggregates.h"
#include "engine/task_functions.h"

namespace skein::core {
namespace {

using duckdb::DataChunk;
using duckdb::ExpressionState;
using duckdb::hugeint_t;
using duckdb::Vector;

template <class WIDE>
double Divide(hugeint_t sum, int64_t count, double scale) {
  const WIDE divisor = static_cast<WIDE>(static_cast<uint64_t>(count)) * scale;
  return static_cast<double>(duckdb::Hugeint::Cast<WIDE>(sum) / divisor);
}

template <class WIDE>
double Divide(double sum, int64_t count, double) {
  return sum / static_cast<double>(static_cast<uint64_t>(count));
}

template <class SUM, class WIDE>
void Finish(DataChunk& args, Vector& result) {
  using Executor = duckdb::TernaryExecutor;
  Executor::ExecuteWithNulls<SUM, int64_t, double, double>(
      args.data[0], args.data[1], args.data[2], result, args.size(),
      [](SUM sum, int64_t count, double scale, duckdb::ValidityMask& mask, duckdb::idx_t row) {
        if (count != 0) return Divide<WIDE>(sum, count, scale);
        mask.SetInvalid(row);
        return 0.0;
      });
}

template <class WIDE>
void FinishAvg(DataChunk& args, ExpressionState&, Vector& result) {
  switch (args.data[0].GetType().InternalType()) {
    case duckdb::PhysicalType::INT128:
      return Finish<hugeint_t, WIDE>(args, result);
    case duckdb::PhysicalType::DOUBLE:
      return Finish<double, WIDE>(args, result);
    default:
      throw duckdb::InvalidInputException("skein_finish_avg takes a HUGEINT, DECIMAL or DOUBLE sum");
  }
}

template <class WIDE>
duckdb::ScalarFunction MakeFinishAvg(const char* name) {
  using duckdb::LogicalType;
  return duckdb::ScalarFunction(name, {LogicalType::ANY, LogicalType::BIGINT, LogicalType::DOUBLE}, LogicalType::DOUBLE,
                                FinishAvg<WIDE>);
}

}  // namespace

duckdb::ScalarFunction FinishAvgFunction() { return MakeFinishAvg<long double>("skein_finish_avg"); }
duckdb::ScalarFunction FinishNarrowAvgFunction() { return MakeFinishAvg<double>("skein_finish_narrow_avg"); }

void RegisterScalarFunctions(duckdb::DatabaseInstance& database) {
  duckdb::ExtensionLoader loader(database, "skein");
  loader.RegisterFunction(FinishAvgFunction());
  loader.RegisterFunction(FinishNarrowAvgFunction());
  loader.RegisterFunction(RangeIndexFunctions());
  RegisterTaskFunctions(database);
  RegisterStateAggregates(database);
  RegisterQuantileDigests(database);
  RegisterHistogramMerge(database);
}

}  // namespace skein::core
