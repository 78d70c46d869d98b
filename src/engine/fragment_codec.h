// A fragment on the wire: DuckDB's serialized logical plan with the side-car.
#pragma once

#include <string>

#include "duckdb.hpp"
#include "duckdb/planner/logical_operator.hpp"

namespace skein::core {

/// Encodes `plan`, whose root is a LogicalExchangeSink. Throws DuckDB's SerializationException for what cannot travel.
std::string EncodeFragment(duckdb::ClientContext& context, duckdb::LogicalOperator& plan);

/// Decodes a fragment on `connection`, which must be in a transaction: sets the session's settings, resolves types.
duckdb::unique_ptr<duckdb::LogicalOperator> DecodeFragment(duckdb::Connection& connection, const std::string& bytes);

}  // namespace skein::core
