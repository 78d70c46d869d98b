// Functions that rewritten plans use and users do not: they finish partial aggregates exactly as DuckDB finishes its
// own.
#pragma once

#include "duckdb.hpp"
#include "duckdb/function/scalar_function.hpp"

namespace skein::core {

/// skein_finish_avg(sum, count BIGINT, scale DOUBLE) -> DOUBLE: what DuckDB's avg gives for that sum and count; NULL
/// for a count of 0. Sums are HUGEINT, DECIMAL (38 digits) or DOUBLE. The quotient of integers is taken in long double,
/// as in DuckDB's IntegerAverageOperationHugeint.
duckdb::ScalarFunction FinishAvgFunction();
/// The same for averages that DuckDB takes in double (16-bit integers and decimals of at most 4 digits).
duckdb::ScalarFunction FinishNarrowAvgFunction();

/// Puts them, and those of state_aggregates.h and task_functions.h, into the instance's system catalog. Call once an
/// instance.
void RegisterScalarFunctions(duckdb::DatabaseInstance& database);

}  // namespace skein::core
