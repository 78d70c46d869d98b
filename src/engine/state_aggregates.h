// Aggregates whose partial results are the states of DuckDB's own: for each function that is named here there are three
// of ours, made of DuckDB's callbacks, so that tasks merge as DuckDB's threads do (variances by Chan's formula).
//
//   skein_partial_X(arguments of X) -> BLOB   the state after these rows
//   skein_combine_X(BLOB) -> BLOB             the state after all of their rows
//   skein_final_X(BLOB) -> result of X        what X gives for that state
//
// A state is copied byte by byte: only functions stand here whose state is plain numbers without pointers. Workers and
// client are of one build, so they lay states out alike. Used by rewritten plans, not by users.
#pragma once

#include <string>

#include "duckdb.hpp"

namespace skein::core {

/// Says whether DuckDB's aggregate `name` has a state that can travel.
bool HasPlainState(const std::string& name);

/// The names of the three functions for DuckDB's aggregate `name`.
std::string PartialStateName(const std::string& name);
std::string CombineStateName(const std::string& name);
std::string FinalStateName(const std::string& name);

/// Returns X for "skein_final_X", else an empty text.
std::string NameOfFinalState(const std::string& function_name);

/// Puts them into the instance's system catalog. Call once an instance.
void RegisterStateAggregates(duckdb::DatabaseInstance& database);

}  // namespace skein::core
