// The rows of the table of operators.
#include "planner/operator_table.h"

namespace skein::core {

const std::vector<OperatorRule>& OperatorRules() {
  using Type = duckdb::LogicalOperatorType;
  using Placer = ExchangePlacer;
  constexpr auto kCluster = Placement::kCluster;
  constexpr auto kClient = Placement::kClient;
  constexpr auto kStatement = Placement::kStatement;
  constexpr auto kNever = Placement::kNever;
  constexpr const char* kStatements = "test/python/test_statements.py test/sql/writes";
  constexpr const char* kNoQuery = "has no query below it";
  static const std::vector<OperatorRule> kRules = {
      // Sources
      {Type::LOGICAL_GET, kCluster, &Placer::PlaceScan, "nothing", "rows anywhere",
       "never; what only the client can read (a table in memory or in a file that is open for writing, a data frame, "
       "a single CSV or JSON file that is not cut) is read there and scattered",
       "test/sql/sources test/python/test_database_files.py"},
      {Type::LOGICAL_CHUNK_GET, kCluster, &Placer::PlaceConstant, "nothing", "a copy at every task", "",
       "test/sql/values"},
      {Type::LOGICAL_EXPRESSION_GET, kCluster, &Placer::PlaceValues, "nothing",
       "as its input: a copy at every task, but for VALUES with a subquery or a correlation", "", "test/sql/values"},
      {Type::LOGICAL_DUMMY_SCAN, kCluster, &Placer::PlaceConstant, "nothing", "a copy at every task", "",
       "test/sql/values"},
      {Type::LOGICAL_EMPTY_RESULT, kCluster, &Placer::PlaceConstant, "nothing", "a copy at every task", "",
       "test/sql/empty"},
      {Type::LOGICAL_CTE_REF, kCluster, &Placer::PlaceCteReference, "nothing",
       "as the CTE was stored: together by its keys, or rows anywhere",
       "its CTE is not stored in an exchange: it stays beside it", "test/sql/ctes"},
      {Type::LOGICAL_DELIM_GET, kCluster, &Placer::PlacePinned, "its DELIM_JOIN in the same fragment", "one task",
       "the join could not be rewritten to a stored CTE", "test/sql/subqueries"},
      // Row by row
      {Type::LOGICAL_FILTER, kCluster, &Placer::PlaceStreaming, "nothing", "as its input", "", "test/sql/errors"},
      {Type::LOGICAL_UNNEST, kCluster, &Placer::PlaceStreaming, "nothing", "as its input", "", "test/sql/unnest"},
      {Type::LOGICAL_PROJECTION, kCluster, &Placer::PlaceProjection, "nothing", "as its input, while the keys are kept",
       "", "test/sql/functions"},
      {Type::LOGICAL_SAMPLE, kCluster, &Placer::PlaceSample, "nothing", "as its input",
       "the sample is of a number of rows, a reservoir, or repeatable: it depends on all rows", "test/sql/sample"},
      // Many rows to one
      {Type::LOGICAL_AGGREGATE_AND_GROUP_BY, kCluster, &Placer::PlaceAggregate,
       "partials where the rows are, then together by the groups; without partials the rows together by the groups, "
       "for "
       "grouping sets stored once and read for each set",
       "together by the groups",
       "it has no groups (one row for all rows); grouping sets by a volatile key, or in a recursive term",
       "test/sql/aggregates test/sql/grouping"},
      {Type::LOGICAL_DISTINCT, kCluster, &Placer::PlaceDistinct, "together by the targets", "as required",
       "a target is volatile", "test/sql/distinct"},
      {Type::LOGICAL_WINDOW, kCluster, &Placer::PlaceWindow, "together by the partition keys of all windows",
       "as required", "the windows have no partition key in common: each row sees all others", "test/sql/windows"},
      // Order and number
      {Type::LOGICAL_ORDER_BY, kCluster, &Placer::PlaceOrder,
       "nothing: sorted where the rows are; a whole large result by ranges of its keys",
       "one task, in order; by ranges", "the sorted runs are merged by the same keys; a volatile key",
       "test/sql/order test/python/test_collations.py"},
      {Type::LOGICAL_TOP_N, kCluster, &Placer::PlaceTopN, "a top-N where the rows are, then one task",
       "one task, in order", "always at its end: few rows are left", "test/sql/order"},
      {Type::LOGICAL_LIMIT, kCluster, &Placer::PlaceLimit, "a limit where the rows are, then one task", "one task",
       "always at its end; before it, too, for percentages and expressions", "test/sql/limit"},
      // Joins
      {Type::LOGICAL_COMPARISON_JOIN, kCluster, &Placer::PlaceComparisonJoin,
       "one side copied to every task, or both together by the keys; see below",
       "as the side that stays, or by the keys",
       "its type allows neither; a statement that compares lists by ANY or ALL, or has a subquery that gives an array, "
       "stays in the client: the order of rows tells DuckDB's answer",
       "test/sql/joins test/sql/subqueries/any_all_lists.test"},
      {Type::LOGICAL_ASOF_JOIN, kCluster, &Placer::PlaceComparisonJoin,
       "both together by the equality keys, or the right side copied", "as the left side, or by the keys",
       "never; a RIGHT or FULL one stays in the client: DuckDB does not end one of one thread without left rows; so "
       "does "
       "a statement with one by BLOBs or BITs: the order of rows tells DuckDB's answer",
       "test/sql/joins/asof.test"},
      {Type::LOGICAL_ANY_JOIN, kCluster, &Placer::PlaceNestedLoopJoin, "one side copied to every task",
       "as the side that stays", "its type allows no copy", "test/sql/joins/inequality.test"},
      {Type::LOGICAL_CROSS_PRODUCT, kCluster, &Placer::PlaceNestedLoopJoin, "one side copied to every task",
       "as the side that stays", "", "test/sql/joins"},
      {Type::LOGICAL_DELIM_JOIN, kCluster, &Placer::PlaceDelimJoin,
       "becomes a COMPARISON_JOIN over a stored CTE of its keys", "as that join",
       "in a recursive term, or where a key is no plain column", "test/sql/subqueries"},
      // Sets
      {Type::LOGICAL_UNION, kCluster, &Placer::PlaceSetOperation, "ALL: nothing; else together by all columns",
       "ALL: rows anywhere; else as required", "an input is in one task and cannot leave it", "test/sql/setops"},
      {Type::LOGICAL_EXCEPT, kCluster, &Placer::PlaceSetOperation, "together by all columns, in their collations",
       "as required", "an input is in one task and cannot leave it", "test/sql/setops"},
      {Type::LOGICAL_INTERSECT, kCluster, &Placer::PlaceSetOperation, "together by all columns, in their collations",
       "as required", "an input is in one task and cannot leave it", "test/sql/setops"},
      // Table expressions
      {Type::LOGICAL_MATERIALIZED_CTE, kCluster, &Placer::PlaceCte, "nothing: stored where its rows are",
       "as the query above it", "a recursive term reads it, or its readers see other columns", "test/sql/ctes"},
      {Type::LOGICAL_RECURSIVE_CTE, kCluster, &Placer::PlaceRecursiveCte, "its first term in one task", "one task",
       "always: each round reads the one before; a recursive term that scans data stays in the client",
       "test/sql/ctes/recursive.test"},
      {Type::LOGICAL_EXTENSION_OPERATOR, kCluster, &Placer::PlaceRestore, "nothing, for those of Skein's own plans",
       "as its input", "it is another extension's", "src/planner/exchange_placer_test.cc"},
      // In the client
      {Type::LOGICAL_POSITIONAL_JOIN, kClient, nullptr, "", "",
       "pairs rows by their position in both inputs, which only a scan in one piece knows",
       "test/sql/joins/positional.test"},
      // Statements
      {Type::LOGICAL_INSERT, kStatement, nullptr, "", "", "inserts its rows", kStatements},
      {Type::LOGICAL_UPDATE, kStatement, nullptr, "", "", "changes rows that it finds in the client", kStatements},
      {Type::LOGICAL_DELETE, kStatement, nullptr, "", "", "deletes rows that it finds in the client", kStatements},
      {Type::LOGICAL_MERGE_INTO, kStatement, nullptr, "", "", "merges its rows", kStatements},
      {Type::LOGICAL_COPY_TO_FILE, kStatement, nullptr, "", "",
       "writes its rows to one file; to a folder the tasks of its last stage write", kStatements},
      {Type::LOGICAL_CREATE_TABLE, kStatement, nullptr, "", "", "makes a table of its rows", kStatements},
      {Type::LOGICAL_EXPLAIN, kStatement, nullptr, "", "", "shows its stages", "test/python/test_explain_analyze.py"},
      {Type::LOGICAL_PREPARE, kStatement, nullptr, "", "", "keeps its plan", kStatements},
      {Type::LOGICAL_EXECUTE, kStatement, nullptr, "", "", "runs a kept plan", kStatements},
      // Not met
      {Type::LOGICAL_INVALID, kNever, nullptr, "", "", "names no operator", ""},
      {Type::LOGICAL_PIVOT, kNever, nullptr, "", "", "is bound as aggregates and projections", ""},
      {Type::LOGICAL_JOIN, kNever, nullptr, "", "", "is the base of the joins", ""},
      {Type::LOGICAL_DEPENDENT_JOIN, kNever, nullptr, "", "", "is flattened to DELIM_JOIN when a query is bound", ""},
      {Type::LOGICAL_COPY_DATABASE, kNever, nullptr, "", "", "copies tables inside the client", ""},
      {Type::LOGICAL_ALTER, kNever, nullptr, "", "", kNoQuery, ""},
      {Type::LOGICAL_CREATE_INDEX, kNever, nullptr, "", "", "reads a table of the client inside the client", ""},
      {Type::LOGICAL_CREATE_SEQUENCE, kNever, nullptr, "", "", kNoQuery, ""},
      {Type::LOGICAL_CREATE_VIEW, kNever, nullptr, "", "", kNoQuery, ""},
      {Type::LOGICAL_CREATE_SCHEMA, kNever, nullptr, "", "", kNoQuery, ""},
      {Type::LOGICAL_CREATE_MACRO, kNever, nullptr, "", "", kNoQuery, ""},
      {Type::LOGICAL_DROP, kNever, nullptr, "", "", kNoQuery, ""},
      {Type::LOGICAL_PRAGMA, kNever, nullptr, "", "", kNoQuery, ""},
      {Type::LOGICAL_TRANSACTION, kNever, nullptr, "", "", kNoQuery, ""},
      {Type::LOGICAL_CREATE_TYPE, kNever, nullptr, "", "", "reads the names of an ENUM inside the client", ""},
      {Type::LOGICAL_ATTACH, kNever, nullptr, "", "", kNoQuery, ""},
      {Type::LOGICAL_DETACH, kNever, nullptr, "", "", kNoQuery, ""},
      {Type::LOGICAL_EXPORT, kNever, nullptr, "", "", "writes tables of the client inside the client", ""},
      {Type::LOGICAL_VACUUM, kNever, nullptr, "", "", kNoQuery, ""},
      {Type::LOGICAL_SET, kNever, nullptr, "", "", kNoQuery, ""},
      {Type::LOGICAL_LOAD, kNever, nullptr, "", "", kNoQuery, ""},
      {Type::LOGICAL_RESET, kNever, nullptr, "", "", kNoQuery, ""},
      {Type::LOGICAL_UPDATE_EXTENSIONS, kNever, nullptr, "", "", kNoQuery, ""},
      {Type::LOGICAL_CREATE_SECRET, kNever, nullptr, "", "", kNoQuery, ""},
  };
  return kRules;
}

}  // namespace skein::core
