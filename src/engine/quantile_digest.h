// approx_quantile in parts: its state is a t-digest (T. Dunning, O. Ertl: "Computing extremely accurate quantiles using
// t-digests", 2019), which travels as its centroids, so that tasks merge digests as DuckDB's threads do.
//
//   skein_partial_quantile_digest(arguments or BLOB) -> BLOB    the digest of these values, or of digests
//   skein_final_quantile_digest(BLOB) -> as the aggregate       the quantiles of all digests together
//
// A digest of few values holds each of them. Both functions carry the aggregate that they are made of. Used by
// rewritten plans, not by users.
#pragma once

#include <string>

#include "duckdb.hpp"
#include "duckdb/planner/expression/bound_aggregate_expression.hpp"

namespace skein::core {

/// Says whether the aggregate is an approx_quantile, or the final part of one.
bool IsQuantileOfDigest(const duckdb::BoundAggregateExpression& aggregate);

/// The digests of the rows that `aggregate` looks at. REQUIRES: IsQuantileOfDigest.
duckdb::unique_ptr<duckdb::Expression> PartialDigest(const duckdb::BoundAggregateExpression& aggregate);
/// What `aggregate` gives for all rows whose digests are in `partial`. REQUIRES: IsQuantileOfDigest.
duckdb::unique_ptr<duckdb::Expression> FinalDigest(const duckdb::BoundAggregateExpression& aggregate,
                                                   duckdb::unique_ptr<duckdb::Expression> partial);

/// Puts the two functions into the instance's system catalog. Call once an instance.
void RegisterQuantileDigests(duckdb::DatabaseInstance& database);

}  // namespace skein::core
