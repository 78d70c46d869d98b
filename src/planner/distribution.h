// How the rows of an operator lie over the tasks of its stage: what it delivers, and what its parent may require.
// Values.
#pragma once

#include <vector>

#include "duckdb.hpp"
#include "duckdb/planner/column_binding.hpp"

namespace skein::core {

enum class DistributionKind {
  kReplicated,  // every task has all rows: constants
  kSingle,      // one task has all rows
  kArbitrary,   // each row is at one task, nobody knows which
  kHash         // each row is at the task that owns the hash of its keys
};

/// One key column and the columns that are equal to it in every row.
struct HashKey {
  duckdb::LogicalType type;
  std::vector<duckdb::ColumnBinding> bindings;
  bool Has(const duckdb::ColumnBinding& binding) const;
};

struct Distribution {
  DistributionKind kind = DistributionKind::kArbitrary;
  std::vector<HashKey> keys;  // of kHash, in hashing order
  /// The rows come from a reference to something in the same fragment (a CTE, a duplicate-eliminated scan): no exchange
  /// may stand between.
  bool is_pinned = false;

  static Distribution Replicated() { return {DistributionKind::kReplicated, {}, false}; }
  static Distribution Single() { return {DistributionKind::kSingle, {}, false}; }
  static Distribution Pinned() { return {DistributionKind::kSingle, {}, true}; }
  static Distribution Arbitrary() { return {DistributionKind::kArbitrary, {}, false}; }
  static Distribution Hash(std::vector<HashKey> keys) { return {DistributionKind::kHash, std::move(keys), false}; }

  /// Several tasks hold different rows.
  bool is_distributed() const { return kind == DistributionKind::kArbitrary || kind == DistributionKind::kHash; }
};

/// Returns the column that `expression` is, or nothing for a computed value.
const duckdb::ColumnBinding* ColumnOf(const duckdb::Expression& expression);

/// Says whether some expression gives another value each time: rows cannot be partitioned by it.
bool AnyVolatile(const std::vector<const duckdb::Expression*>& expressions);

/// Returns how rows lie after a projection to `expressions`, whose columns are `bindings`.
Distribution ThroughColumns(const Distribution& below,
                            const duckdb::vector<duckdb::unique_ptr<duckdb::Expression>>& expressions,
                            const duckdb::vector<duckdb::ColumnBinding>& bindings);

/// Finds for each key of `distribution` (a hash one) the position of an expression in `expressions` that is one of its
/// columns, with the same type. Empty where some key has none.
std::vector<size_t> MatchKeys(const Distribution& distribution,
                              const std::vector<const duckdb::Expression*>& expressions);

}  // namespace skein::core
