// What may be done with the sides of a join of each type.
//
//   broadcast right  each left row meets all right rows at its own task: wrong for joins that emit unmatched right rows
//   broadcast left   each right row meets all left rows at its own task: wrong for joins that emit left rows by
//                    themselves, and for an ASOF join, whose left rows choose the best of all right rows
//   repartition      rows with equal keys meet: wrong where a NULL key of one row changes the result of all others (the
//                    MARK of NOT IN)
//
// Pure functions.
#pragma once

#include "duckdb.hpp"
#include "duckdb/common/enums/join_type.hpp"

namespace skein::core {

bool MayBroadcastRight(duckdb::JoinType type);
bool MayBroadcastLeft(duckdb::JoinType type);
bool MayRepartition(duckdb::JoinType type);

/// Says whether each row of the join has the columns of a row of that side.
bool EmitsLeft(duckdb::JoinType type);
bool EmitsRight(duckdb::JoinType type);

}  // namespace skein::core
